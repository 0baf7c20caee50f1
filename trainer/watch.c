// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The rule by which a training is lost.
#include "trainer/watch.h"

#include <math.h>

enum { DOUBTFUL_MAX = 10 };

static bool
has_exploded(double loss, double usual)
{
    return !isfinite(loss) || loss > 4.0 * usual + 1.0;
}

bool
mg_watch_update(struct mg_watch *w, double loss, double norm)
{
    double usual = w->mean > 0.0 ? w->mean : loss;
    if (!isfinite(norm) || has_exploded(loss, usual))
        return ++w->doubtful >= DOUBTFUL_MAX;
    w->doubtful = 0;
    w->mean = 0.98 * usual + 0.02 * loss;
    return false;
}

bool
mg_watch_score(double nats, double best_nats)
{
    return has_exploded(nats, best_nats);
}

double
mg_watch_rate_share(const struct mg_watch *w)
{
    return ldexp(1.0, -(int)w->rollbacks);
}
