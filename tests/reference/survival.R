# Reference values for the survival curves and tests of src/helpers/methods, from R. Made by: Rscript survival.R > survival.json
# The data are drawn here and written beside the results, so that the tests need no R.
suppressPackageStartupMessages({
  library(jsonlite); library(survival); library(cmprsk)
})
set.seed(20240229, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

n <- 50
spells <- data.frame(
  group = sample(c("a", "b", "c"), n, replace = TRUE), stratum = sample(c("s", "t"), n, replace = TRUE),
  repeats = sample(1:3, n, replace = TRUE), share = round(runif(n, .2, 3), 3), person = sample(1:50, n, replace = TRUE)
)
rate <- .08 * c(a = 1, b = 1.5, c = 2.2)[spells$group] * c(s = 1, t = 1.4)[spells$stratum]
latent <- rexp(n, rate)
light <- runif(n, 8, 30)
heavy <- runif(n, 0, 9)
kind <- ifelse(runif(n) < .6, 1, 2)
for (censoring in c("light", "heavy")) {
  limit <- get(censoring)
  days <- round(pmin(latent, limit), 5) + .01
  spells[[paste0("days_", censoring)]] <- days
  spells[[paste0("months_", censoring)]] <- ceiling(days)
  spells[[paste0("kind_", censoring)]] <- ifelse(latent <= limit, kind, 0)
}
# Most are there from the start, so that the early risk sets are not empty
spells$entry <- round(ifelse(runif(n) < .5, 0, runif(n, 0, .8) * pmin(spells$days_heavy, spells$days_light)), 5)

# A recidivism-like sample: everybody still free is censored in week 52, in which there are events too
m <- 160
week <- ceiling(rexp(m, .012))
ending <- data.frame(week = pmin(week, 52), kind = ifelse(week > 52, 0, ifelse(runif(m) < .7, 1, 2)))
ending$kind[which(ending$kind == 0)[1:9]] <- rep(c(1, 2, 1), 3)

# Curves -------------------------------------------------------------------------------------------------------------
tau <- 6
at_events <- function(fit, values) unname(values[fit$n.event > 0])
curve_of <- function(case) {
  time <- spells[[paste0(case$clock, "_", case$censoring)]]
  kind <- spells[[paste0("kind_", case$censoring)]]
  w <- switch(case$weight, none = rep(1, n), spells[[case$weight]])
  y <- if (case$entry) Surv(spells$entry, time, kind > 0) else Surv(time, kind > 0)
  multi <- if (case$entry) Surv(spells$entry, time, factor(kind, 0:2)) else Surv(time, factor(kind, 0:2))
  person <- spells$person
  robust <- case$cluster || case$weight == "share"
  fit <- function(conf) {
    if (case$cluster) survfit(y ~ 1, weights = w, cluster = person, conf.type = conf, influence = 1)
    else if (robust) survfit(y ~ 1, weights = w, id = seq_len(n), robust = TRUE, conf.type = conf, influence = 1)
    else survfit(y ~ 1, weights = w, conf.type = conf)
  }
  loglog <- fit("log-log")
  plain <- fit("plain")
  se <- if (loglog$logse) loglog$std.err * loglog$surv else loglog$std.err
  # survfit ignores the cluster of competing events when it has an id, so the rows' influence (whose first time is the
  # start) is summed by hand
  jackknife <- survfit(multi ~ 1, weights = w, id = seq_len(n), conf.type = "log-log", influence = TRUE)
  owner <- if (case$cluster) person else seq_len(n)
  incidence_se <- sapply(2:3, function(k) sqrt(colSums(rowsum(w * jackknife$influence.pstate[, -1, k], owner)^2)))
  if (!case$cluster) stopifnot(all.equal(incidence_se, unname(jackknife$std.err[, 2:3]), check.attributes = FALSE))
  has_event <- rowSums(jackknife$n.event) > 0
  shares <- c(.25, .5, .75)
  found <- quantile(loglog, shares)
  area <- survival:::survmean(loglog, rmean = tau)$matrix
  area_se <- if (robust) {  # the influence on the curve, summed over the steps up to tau
    before <- loglog$time < tau
    width <- diff(c(loglog$time[before], tau))
    on_curve <- loglog$influence.surv[, before, drop = FALSE]
    stopifnot(all.equal(sqrt(colSums(on_curve^2)), se[before]))
    sqrt(sum((on_curve %*% width)^2))
  } else area[["se(rmean)"]]
  c(case, list(
    time = at_events(loglog, loglog$time), at_risk = at_events(loglog, loglog$n.risk),
    events = at_events(loglog, loglog$n.event), survival = at_events(loglog, loglog$surv),
    se = at_events(loglog, se),
    loglog_low = at_events(loglog, loglog$lower), loglog_high = at_events(loglog, loglog$upper),
    plain_low = at_events(plain, plain$lower), plain_high = at_events(plain, plain$upper),
    hazard = at_events(loglog, loglog$cumhaz), hazard_se = at_events(loglog, loglog$std.chaz),
    quantile = unname(found$quantile), quantile_low = unname(found$lower), quantile_high = unname(found$upper),
    area = area[["rmean"]], area_se = area_se,
    incidence = lapply(2:3, function(k) list(
      value = jackknife$pstate[has_event, k], se = incidence_se[has_event, k - 1],
      low = if (!case$cluster) jackknife$lower[has_event, k], high = if (!case$cluster) jackknife$upper[has_event, k]
    ))
  ))
}
grid <- expand.grid(
  clock = c("days", "months"), censoring = c("light", "heavy"), weight = c("none", "repeats", "share"),
  entry = c(FALSE, TRUE), cluster = c(FALSE, TRUE), stringsAsFactors = FALSE
)
curves <- lapply(seq_len(nrow(grid)), function(row) curve_of(as.list(grid[row, ])))

table_at <- summary(survfit(Surv(months_light, kind_light > 0) ~ group, spells), times = c(0, 3, 6, 12), extend = TRUE)
numbers <- list(at_risk = table_at$n.risk, survival = table_at$surv, se = table_at$std.err)
area_by_group <- sapply(c("a", "b"), function(g) {
  survival:::survmean(survfit(Surv(months_light, kind_light > 0) ~ 1, spells[spells$group == g, ]), rmean = tau)$matrix[c("rmean", "se(rmean)")]
})

# Tests --------------------------------------------------------------------------------------------------------------
# Scores (O - E) of the numeric column score, by the formula; survdiff has neither these weights nor entry times
by_hand <- function(d, weights = "equal") {
  score <- variance <- 0
  for (s in unique(d$stratum)) {
    free <- peto <- 1
    for (t in sort(unique(d$time[d$event == 1 & d$stratum == s]))) {
      x <- d$score[d$stratum == s & d$entry < t & d$time >= t]
      dead <- d$stratum == s & d$time == t & d$event == 1
      y <- length(x); e <- sum(dead)
      peto <- peto * (1 - e / (y + 1))
      w <- switch(weights, equal = 1, gehan = y, peto = peto, late = free^.5 * (1 - free)^2)
      free <- free * (1 - e / y)
      score <- score + w * (sum(d$score[dead]) - e * mean(x))
      if (y > 1) variance <- variance + w^2 * e * (y - e) / (y - 1) * mean((x - mean(x))^2)
    }
  }
  score^2 / variance
}
tests <- lapply(c("light", "heavy"), function(censoring) lapply(c("days", "months"), function(clock) {
  d <- data.frame(
    time = spells[[paste0(clock, "_", censoring)]], event = as.numeric(spells[[paste0("kind_", censoring)]] > 0),
    entry = spells$entry, group = spells$group, stratum = spells$stratum, repeats = spells$repeats
  )
  d$score <- match(d$group, c("a", "b", "c"))
  repeated <- d[rep(seq_len(n), d$repeats), ]
  beginning <- transform(d[d$group != "c", ], entry = -1)
  pooled <- transform(beginning, stratum = "all")
  g_rho <- function(formula, data, rho) {
    fit <- survdiff(formula, data, rho = rho)
    obs <- if (is.matrix(fit$obs)) rowSums(fit$obs) else fit$obs
    expected <- if (is.matrix(fit$exp)) rowSums(fit$exp) else fit$exp
    list(statistic = fit$chisq, observed = unname(obs), expected = unname(expected))
  }
  list(
    censoring = censoring, clock = clock,
    logrank = g_rho(Surv(time, event) ~ group, d, 0), stratified = g_rho(Surv(time, event) ~ group + strata(stratum), d, 0),
    weighted = g_rho(Surv(time, event) ~ group, repeated, 0),
    rho1 = g_rho(Surv(time, event) ~ group, d, 1), rho_half_stratified = g_rho(Surv(time, event) ~ group + strata(stratum), d, .5),
    gehan = by_hand(pooled, "gehan"), peto = by_hand(pooled, "peto"), late = by_hand(pooled, "late"),
    gehan_stratified = by_hand(beginning, "gehan"), peto_stratified = by_hand(beginning, "peto"), late_stratified = by_hand(beginning, "late"),
    trend = by_hand(transform(d, stratum = "all", entry = -1)), entry_trend_stratified = by_hand(d),
    entry = if (clock == "days") coxph(Surv(entry, time, event) ~ group, d, ties = "breslow")$score
  )
}))

# Competing events, of which some tie with the last censoring --------------------------------------------------------
gray <- cuminc(ending$week, ending$kind)
at_weeks <- timepoints(gray, c(10, 26, 51, 52))
multi <- survfit(Surv(week, factor(kind, 0:2)) ~ 1, ending, conf.type = "plain")
has_event <- rowSums(multi$n.event) > 0
competing <- list(
  weeks = c(10, 26, 51, 52), gray = unname(at_weeks$est), gray_variance = unname(at_weeks$var),
  time = multi$time[has_event], first = multi$pstate[has_event, 2], second = multi$pstate[has_event, 3],
  first_se = multi$std.err[has_event, 2], second_se = multi$std.err[has_event, 3]
)

versions <- sapply(c("survival", "cmprsk"), function(name) as.character(packageVersion(name)))
cat(toJSON(list(
  versions = as.list(c(R = R.version.string, versions)), spells = spells, ending = ending, curves = curves, numbers = numbers,
  area_by_group = list(a = area_by_group[, "a"], b = area_by_group[, "b"]), tests = unlist(tests, recursive = FALSE), competing = competing
), digits = I(12), na = "null", auto_unbox = TRUE, dataframe = "columns", pretty = FALSE), "\n")
