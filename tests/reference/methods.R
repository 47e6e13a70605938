# Reference values for src/helpers/methods, from R. Made by: Rscript methods.R > methods.json
# The data are drawn here and written beside the results, so that the tests need no R.
suppressPackageStartupMessages({
  library(jsonlite); library(psych); library(lavaan); library(sandwich); library(ordinal); library(splines)
})
set.seed(20240229, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

n <- 180
factor1 <- rnorm(n)
factor2 <- .6 * factor1 + .8 * rnorm(n)
item <- function(loading, common) pmin(10, pmax(1, round(6 + 1.8 * (loading * common + sqrt(1 - loading^2) * rnorm(n)))))
survey <- data.frame(
  a1 = item(.8, factor1), a2 = item(.7, factor1), a3 = item(.6, factor1), a4 = item(.75, factor1), a5 = item(.5, factor1),
  b1 = item(.8, factor2), b2 = item(.7, factor2), b3 = item(.65, factor2), z = round(rnorm(n), 3)
)
survey$x <- rowMeans(survey[, c("a1", "a2", "a3", "a4", "a5")])
survey$y <- rowMeans(survey[, c("b1", "b2", "b3")])

m <- 240
trial <- data.frame(
  arm = sample(c("none", "mens", "womens"), m, replace = TRUE), age = round(rnorm(m, 40, 9)),
  spend_before = round(rexp(m, .02), 2), channel = sample(c("phone", "web", "multi"), m, replace = TRUE)
)
trial$spend <- round(5 + .1 * trial$age + .05 * trial$spend_before + 2 * (trial$arm == "mens") + rnorm(m, 0, 3), 2)

# Reliability and one factor -----------------------------------------------------------------------------------------
items <- c("a1", "a2", "a3", "a4", "a5")
alpha <- suppressWarnings(psych::alpha(survey[, items]))
feldt <- psych::alpha.ci(alpha$total$raw_alpha, n, length(items), p.val = .05)
cfa_fit <- lavaan::cfa(paste("f =~", paste(items, collapse = " + ")), data = survey, std.lv = TRUE)
raw <- lavInspect(cfa_fit, "est")
loading <- raw$lambda[, 1]
unique <- diag(raw$theta)
standard <- lavInspect(cfa_fit, "std")$lambda[, 1]
exact <- factanal(survey[, items], 1, control = list(opt = list(factr = 1, pgtol = 0, maxit = 1000)))
cfa3 <- lavaan::cfa("f =~ b1 + b2 + b3", data = survey, std.lv = TRUE)
reliability <- list(
  alpha = alpha$total$raw_alpha, feldt = c(feldt$lower.ci, feldt$upper.ci), item_rest = alpha$item.stats$r.drop,
  loadings = unname(standard), loadings_of_factanal = as.vector(abs(exact$loadings)), chi_squared = unname(fitMeasures(cfa_fit, "chisq")),
  omega = sum(loading)^2 / (sum(loading)^2 + sum(unique)),
  composite_reliability = sum(standard)^2 / (sum(standard)^2 + sum(1 - standard^2)),
  ave = mean(standard^2), loadings_of_three = unname(lavInspect(cfa3, "std")$lambda[, 1])
)

# Standardised slopes, with the jackknife around the full estimate ---------------------------------------------------
slopes <- function(rows) {
  d <- survey[rows, ]
  fit <- lm(y ~ x + z + a1, d)
  coef(fit)[-1] * c(sd(d$x), sd(d$z), sd(d$a1)) / sd(d$y)
}
bent <- function(rows) {
  d <- survey[rows, ]
  fit <- lm(y ~ x + pmax(x - 6, 0) + z, d)
  b <- coef(fit)
  c(below = b[[2]], above = b[[2]] + b[[3]], difference = b[[3]]) * sd(d$x) / sd(d$y)
}
jackknife <- function(statistic) {
  whole <- statistic(seq_len(n))
  without <- sapply(seq_len(n), function(i) statistic(-i))
  list(value = unname(whole), se = unname(sqrt(rowSums((without - whole)^2))))
}
regression <- list(
  slopes = jackknife(slopes), r_squared = summary(lm(y ~ x + z + a1, survey))$r.squared, piecewise = jackknife(bent),
  r_squared_simple = summary(lm(y ~ x, survey))$r.squared,
  t_of_x = summary(lm(y ~ x + z, survey))$coefficients["x", "t value"]
)

# Restricted cubic spline --------------------------------------------------------------------------------------------
knots <- c(4.2, 5.4, 6.2, 7.4)
basis <- ns(survey$x, knots = knots[2:3], Boundary.knots = knots[c(1, 4)])
curved <- lm(y ~ basis, survey)
straight <- lm(y ~ x, survey)
robust <- vcovHC(curved, type = "HC3")
grid <- seq(min(survey$x), max(survey$x), length.out = 100)
at_grid <- cbind(1, predict(basis, grid))
# The line is one direction of the spline's space: curvature is what is left of it after two contrasts.
hat <- qr.coef(qr(cbind(1, basis)), cbind(1, survey$x))[-1, 2]
free <- t(MASS::Null(hat))
distance <- free %*% coef(curved)[-1]
spline <- list(
  knots = knots, fit = as.vector(at_grid %*% coef(curved)), se = sqrt(rowSums((at_grid %*% robust) * at_grid)),
  curvature = as.numeric(t(distance) %*% solve(free %*% robust[-1, -1] %*% t(free)) %*% distance) / 2,
  df_residual = curved$df.residual
)

# Ordered logit: probability of the top category at two levels -------------------------------------------------------
survey$rating <- as.integer(cut(survey$b1, c(0, 4, 6, 7, 10)))
ordered_fit <- clm(factor(rating) ~ x + z, data = survey, control = list(gradTol = 1e-12, maxIter = 200))
covariance <- vcov(ordered_fit)
threshold <- ordered_fit$alpha
top <- length(threshold)
at <- function(level) {
  p <- plogis(level * ordered_fit$beta[["x"]] + survey$z * ordered_fit$beta[["z"]] - threshold[[top]])
  density <- p * (1 - p)
  list(p = mean(p), gradient = c(rep(0, top - 1), -mean(density), mean(density * level), mean(density * survey$z)))
}
low <- at(5); high <- at(7)
length_of <- function(g) sqrt(as.numeric(t(g) %*% covariance %*% g))
ordinal <- list(
  at_low = low$p, at_high = high$p, se_difference = length_of(high$gradient - low$gradient),
  se_log_ratio = length_of(high$gradient / high$p - low$gradient / low$p)
)

# Proportions --------------------------------------------------------------------------------------------------------
wilson <- function(x, n, level) as.vector(prop.test(x, n, correct = FALSE, conf.level = level)$conf.int)
cases <- list(c(81, 263), c(15, 148), c(0, 20), c(1, 29), c(29, 29))
shares <- lapply(cases, function(case) list(
  events = case[1], n = case[2], ci = wilson(case[1], case[2], .95), ci90 = wilson(case[1], case[2], .90)
))

# Experiments --------------------------------------------------------------------------------------------------------
two <- trial[trial$arm != "womens", ]
two$treated <- as.numeric(two$arm == "mens")
welch <- t.test(spend ~ factor(arm, c("mens", "none")), two)
covariates <- model.matrix(~ age + spend_before + factor(channel, c("multi", "phone", "web")), two)[, -1]
centred <- scale(covariates, scale = FALSE)
lin <- lm(spend ~ treated * centred, two)
all_covariates <- model.matrix(~ age + spend_before + factor(channel, c("multi", "phone", "web")), trial)[, -1]
pillai <- summary(manova(all_covariates ~ factor(trial$arm)), test = "Pillai")$stats[1, "Pillai"]
experiments <- list(
  welch = list(value = unname(welch$estimate[1] - welch$estimate[2]), se = welch$stderr, ci = as.vector(welch$conf.int)),
  lin = list(value = coef(lin)[["treated"]], se = sqrt(vcovHC(lin, type = "HC2")["treated", "treated"]), df = lin$df.residual),
  pillai = pillai,
  detectable_mean = power.t.test(n = 150, sd = 4, power = .8, tol = 1e-12)$delta,
  detectable_share = power.prop.test(n = 900, p1 = .1, power = .8, tol = 1e-12)$p2 - .1
)

versions <- sapply(c("psych", "lavaan", "sandwich", "ordinal"), function(name) as.character(packageVersion(name)))
cat(toJSON(list(
  versions = as.list(c(R = R.version.string, versions)), survey = survey, trial = trial, reliability = reliability,
  regression = regression, spline = spline, ordinal = ordinal, shares = shares, experiments = experiments
), digits = NA, auto_unbox = TRUE, dataframe = "columns", pretty = FALSE), "\n")
