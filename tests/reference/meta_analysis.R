# Reference values for random-effects meta-analysis, from R. Made by: Rscript meta_analysis.R > meta_analysis.json
# `bcg` is dat.bcg of metadat (13 trials of a vaccine, Colditz et al. 1994), the example of metafor's documentation;
# the others are made by formula here.
suppressPackageStartupMessages({
  library(jsonlite); library(metafor)
})
set.seed(20240311, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg)
v <- round(runif(8, .004, .05), 4)
sets <- list(
  bcg = data.frame(y = as.vector(bcg$yi), v = as.vector(bcg$vi)),
  spread = data.frame(y = round(.3 + rnorm(8, 0, .25) + rnorm(8, 0, sqrt(v)), 3), v = v),
  alike = data.frame(y = c(.21, .19, .2, .22, .18, .2), v = c(.01, .02, .015, .03, .012, .02)),
  two = data.frame(y = c(.1, .6), v = c(.01, .02))
)
pooled <- function(d, method) {
  fit <- rma(y, v, data = d, method = method, test = "knha", control = list(threshold = 1e-12, maxiter = 10000, tol = 1e-12))
  around <- confint(fit, control = list(tol = 1e-12, tau2.max = 1e4))$random["tau^2", ]
  expected <- predict(fit)
  own <- blup(fit)
  list(
    value = unname(drop(fit$beta)), se = fit$se, ci = c(fit$ci.lb, fit$ci.ub), tau_squared = fit$tau2,
    tau_squared_interval = unname(around[c("ci.lb", "ci.ub")]), i_squared = fit$I2 / 100, q = fit$QE, q_p = fit$QEp,
    prediction = c(expected$pi.lb, expected$pi.ub), shrunken = own$pred, shrunken_se = own$se
  )
}
found <- lapply(sets, function(d) list(y = d$y, v = d$v, REML = pooled(d, "REML"), PM = pooled(d, "PM")))
cat(toJSON(list(
  versions = list(R = R.version.string, metafor = as.character(packageVersion("metafor"))), sets = found
), digits = NA, auto_unbox = TRUE, pretty = FALSE), "\n")
