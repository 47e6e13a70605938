# Reference values for the Cox model and its relatives, from R. Made by: Rscript cox.R > cox.json
# The data are drawn here and written beside the results, so that the tests need no R.
suppressPackageStartupMessages({ library(jsonlite); library(survival) })
set.seed(20240301, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
exact <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 60)

n <- 160
spells <- data.frame(x1 = round(rnorm(n), 2), x2 = rbinom(n, 1, .4), x3 = round(runif(n, 18, 70)),
                     shop = sample(1:25, n, TRUE), region = sample(c("north", "south", "west"), n, TRUE),
                     weight = round(runif(n, .3, 3), 1))
effect <- with(spells, .5 * x1 - .7 * x2 + .01 * x3) + rnorm(25, 0, .4)[spells$shop]
true_time <- rweibull(n, 1.3) * 300 * exp(-effect / 1.3)
censored_at <- runif(n, 60, 700)
spells$event <- as.integer(true_time <= censored_at)
spells$time <- round(pmin(true_time, censored_at), 2) + .01
spells$month <- ceiling(spells$time / 30)
spells$entry_time <- round(runif(n, 0, .5) * rbinom(n, 1, .6) * spells$time, 2)
spells$score <- round(5 * spells$x1 - 7 * spells$x2 + .1 * spells$x3)
spells$x2_north <- spells$x2 * (spells$region == "north")
spells$row <- seq_len(n)
spells$entry_month <- pmin(floor(spells$entry_time / 30), spells$month - 1)

# Cox over the grid: ties, strata, weights, entry ---------------------------------------------------------------------
transforms <- c(km = "km", rank = "rank", identity = "identity", log = "log")
ph_test_of <- function(fit) lapply(transforms, function(transform) {
  unname(cox.zph(fit, transform = transform, terms = FALSE)$table[, "chisq"])
})
residuals_of <- function(fit) {
  km <- cox.zph(fit, terms = FALSE)
  order <- order(km$time, rowSums(km$y, na.rm = TRUE))
  list(time = km$time[order], transformed = unname(km$x[order]), y = unname(km$y[order, ]))
}
profile <- data.frame(x1 = .5, x2 = 1, x3 = 40)
curve_of <- function(fit, conf.type) {
  curve <- survfit(fit, newdata = profile, conf.type = conf.type)
  steps <- which(curve$n.event > 0)
  some <- steps[seq(1, length(steps), by = 7)]
  list(time = curve$time[some], cumulative_hazard = curve$cumhaz[some], se = curve$std.err[some],
       survival = curve$surv[some], ci_low = curve$lower[some], ci_high = curve$upper[some])
}
response <- function(tied, entry) {
  time <- if (tied) "month" else "time"
  paste0("Surv(", if (entry) paste0("entry_", time, ", "), time, ", event)")
}
grid <- expand.grid(ties = c("efron", "breslow"), tied = c(TRUE, FALSE), strata = c(FALSE, TRUE), weights = c(FALSE, TRUE),
                    entry = c(FALSE, TRUE), stringsAsFactors = FALSE)
cox <- lapply(seq_len(nrow(grid)), function(i) {
  cell <- grid[i, ]
  model <- as.formula(paste(response(cell$tied, cell$entry), "~ x1 + x2 + x3", if (cell$strata) "+ strata(region)"))
  spells$w <- if (cell$weights) spells$weight else 1
  fit <- coxph(model, spells, weights = w, ties = cell$ties, control = exact, robust = FALSE, x = TRUE)
  robust <- coxph(model, spells, weights = w, ties = cell$ties, control = exact, cluster = row)
  clustered <- coxph(model, spells, weights = w, ties = cell$ties, control = exact, cluster = shop)
  c(as.list(cell), list(
    coefficients = unname(coef(fit)), log_likelihood = fit$loglik, score_test = fit$score, model = unname(vcov(fit)),
    robust = unname(vcov(robust)), cluster = unname(vcov(clustered)), ph_test = ph_test_of(fit),
    curve = curve_of(fit, "log-log"), curve_of_cluster = curve_of(clustered, "plain")
  ))
})
north <- coxph(Surv(month, event) ~ x1 + x2_north + x3 + strata(region), spells, control = exact, x = TRUE)
checks <- list(
  residuals = residuals_of(coxph(Surv(entry_month, month, event) ~ x1 + x2 + x3, spells, weights = weight,
                                 control = exact, robust = FALSE, x = TRUE)),
  residuals_with_a_constant = residuals_of(north), ph_test_with_a_constant = ph_test_of(north),
  ph_test_of_a_term = unname(cox.zph(coxph(Surv(month, event) ~ cbind(x1, x2) + x3, spells, control = exact))$table[, "chisq"])
)

# What plot.cox.zph draws, taken from its own calls: the curve, and two standard errors on either side ------------------
drawn_by_plot <- function(fit, transform) {
  drawn <- list()
  silent <- function(...) NULL
  plotting <- survival:::plot.cox.zph
  environment(plotting) <- list2env(
    list(plot = silent, points = silent, axis = silent, lines = function(x, y, ...) drawn[[length(drawn) + 1]] <<- list(x, y)),
    parent = asNamespace("survival")
  )
  plotting(cox.zph(fit, transform = transform, terms = FALSE))
  lapply(seq(1, length(drawn), by = 3), function(first) {
    curve <- drawn[[first]]
    list(x = curve[[1]], y = drop(curve[[2]]), se = drop(drawn[[first + 1]][[2]] - curve[[2]]) / 2)
  })
}
late <- coxph(Surv(entry_month, month, event) ~ x1 + x2 + x3, spells, weights = weight, control = exact, robust = FALSE, x = TRUE)
checks$smooth <- lapply(transforms, function(transform) drawn_by_plot(late, transform))
checks$smooth_with_a_constant <- drawn_by_plot(north, "km")

# An effect by period --------------------------------------------------------------------------------------------------
pieces <- survSplit(Surv(month, event) ~ ., spells, cut = c(5, 12), episode = "period")
for (k in 1:3) pieces[[paste0("x1_", k)]] <- pieces$x1 * (pieces$period == k)
by_period <- coxph(Surv(tstart, month, event) ~ x1_1 + x1_2 + x1_3 + x2 + x3, pieces, control = exact)
by_period_robust <- update(by_period, cluster = row)
wald_of <- function(fit) {
  contrast <- cbind(-1, diag(2), 0, 0)
  value <- contrast %*% coef(fit)
  drop(t(value) %*% solve(contrast %*% vcov(fit) %*% t(contrast), value))
}
piecewise <- list(coefficients = unname(coef(by_period)), model = unname(sqrt(diag(vcov(by_period)))),
                  robust = unname(sqrt(diag(vcov(by_period_robust)))), wald_model = wald_of(by_period),
                  wald_robust = wald_of(by_period_robust))

# Concordance ----------------------------------------------------------------------------------------------------------
c_grid <- expand.grid(tied = c(TRUE, FALSE), strata = c(FALSE, TRUE), weights = c(FALSE, TRUE), entry = c(FALSE, TRUE),
                      cluster = c(FALSE, TRUE))
agreement <- lapply(seq_len(nrow(c_grid)), function(i) {
  cell <- c_grid[i, ]
  spells$w <- if (cell$weights) spells$weight else 1
  spells$unit <- if (cell$cluster) spells$shop else spells$row
  model <- as.formula(paste(response(cell$tied, cell$entry), "~ score", if (cell$strata) "+ strata(region)"))
  found <- concordance(model, spells, weights = w, reverse = TRUE, cluster = unit)
  count <- if (is.matrix(found$count)) colSums(found$count) else found$count
  c(as.list(cell), list(value = unname(found$concordance), se = sqrt(found$var), pairs = unname(count[1:3])))
})

# Accelerated failure time ---------------------------------------------------------------------------------------------
a_grid <- expand.grid(distribution = c("weibull", "loglogistic"), weights = c(FALSE, TRUE), stringsAsFactors = FALSE)
aft <- lapply(seq_len(nrow(a_grid)), function(i) {
  cell <- a_grid[i, ]
  spells$w <- if (cell$weights) spells$weight else 1
  control <- survreg.control(rel.tolerance = 1e-14, maxiter = 200)
  fit <- survreg(Surv(time, event) ~ x1 + x2 + x3, spells, weights = w, dist = cell$distribution, control = control)
  # survreg's own robust variance forgets the weights (github.com/therneau/survival, issue 287, mended after 3.5-3). So the
  # reference is made of R's weighted residuals, and for a second opinion of refits with each row's weight moved a little.
  influence <- residuals(fit, type = "dfbeta", weighted = TRUE)
  own <- if (!cell$weights) unname(vcov(update(fit, robust = TRUE)))
  moved <- t(sapply(seq_len(n), function(i) {
    step <- 1e-4
    by <- lapply(c(1, -1), function(sign) {
      spells$w[i] <- spells$w[i] * (1 + sign * step)
      again <- survreg(Surv(time, event) ~ x1 + x2 + x3, spells, weights = w, dist = cell$distribution, control = control)
      c(coef(again), log(again$scale))
    })
    (by[[1]] - by[[2]]) / (2 * step)
  }))
  at <- predict(fit, profile, type = "uquantile", p = .3, se.fit = TRUE)
  c(as.list(cell), list(parameters = unname(c(coef(fit), log(fit$scale))), log_likelihood = fit$loglik[2],
                        model = unname(vcov(fit)), robust = unname(crossprod(influence)),
                        cluster = unname(crossprod(rowsum(influence, spells$shop))),
                        robust_of_survreg = own, robust_by_refitting = unname(crossprod(moved)),
                        log_quantile = unname(at$fit), log_quantile_se = unname(at$se.fit)))
})

# Hazards from counts --------------------------------------------------------------------------------------------------
spells$south <- as.numeric(spells$region == "south")
cells <- do.call(rbind, lapply(1:max(spells$month), function(k) {
  here <- spells$month > k | (spells$month == k & spells$event == 1)
  now <- data.frame(at_risk = here, events = here & spells$month == k, x2 = spells$x2, south = spells$south)
  counted <- aggregate(cbind(at_risk, events) ~ x2 + south, now, sum)
  counted$period <- k
  counted[counted$at_risk > 0, ]
}))
with_events <- cells[cells$period %in% with(aggregate(events ~ period, cells, sum), period[events > 0]), ]
binomial_fit <- glm(cbind(events, at_risk - events) ~ 0 + factor(period) + x2 + south, binomial("cloglog"), with_events,
                    control = glm.control(epsilon = 1e-15, maxit = 100))
grouped <- list(cells = cells, coefficients = unname(tail(coef(binomial_fit), 2)),
                covariance = unname(vcov(binomial_fit)[c("x2", "south"), c("x2", "south")]),
                periods = sort(unique(with_events$period)),
                baseline = unname(1 - exp(-exp(head(coef(binomial_fit), -2)))))

# Events that come again -----------------------------------------------------------------------------------------------
m <- 60
customers <- data.frame(customer = paste0("c", 1:m), follow_up = round(runif(m, 100, 400)), member = rbinom(m, 1, .5),
                        age = round(runif(m, 20, 60)))
orders <- do.call(rbind, lapply(1:m, function(i) {
  at <- cumsum(ceiling(rexp(40, .012 * exp(.5 * customers$member[i]) * rgamma(1, 2, 2))))
  at <- at[at <= customers$follow_up[i]]
  if (length(at)) data.frame(customer = customers$customer[i], time = at)
}))
waits <- do.call(rbind, lapply(1:m, function(i) {
  at <- orders$time[orders$customer == customers$customer[i]]
  stops <- unique(c(at, customers$follow_up[i]))
  data.frame(customers[i, ], entry = c(0, head(stops, -1)), time = stops, event = as.integer(stops %in% at),
             number = seq_along(stops), row.names = NULL)
}))
waits$gap <- waits$time - waits$entry
rate <- coxph(Surv(entry, time, event) ~ member + age, waits, cluster = customer, control = exact)
gaps <- coxph(Surv(gap, event) ~ member + age + strata(number), waits, cluster = customer, control = exact)
recurrent <- list(
  customers = customers, orders = orders, spells = waits[, c("customer", "entry", "time", "event", "gap", "number")],
  andersen_gill = list(coefficients = unname(coef(rate)), covariance = unname(vcov(rate))),
  gap_time = list(coefficients = unname(coef(gaps)), covariance = unname(vcov(gaps)))
)

cat(toJSON(list(
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival")),
                  jsonlite = as.character(packageVersion("jsonlite"))),
  spells = spells, cox = cox, checks = checks, piecewise = piecewise, concordance = agreement, aft = aft,
  grouped = grouped, recurrent = recurrent
), digits = NA, auto_unbox = TRUE, na = "null", dataframe = "columns"))
