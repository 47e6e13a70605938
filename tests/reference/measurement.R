# Reference values for factor models, invariance, HTMT, mediation, conditional independence and necessity, from R.
# Made by: Rscript measurement.R > measurement.json
# The data are drawn here and written beside the results, so that the tests need no R.
suppressPackageStartupMessages({
  library(jsonlite); library(lavaan); library(semTools)
})
set.seed(20240301, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
# lavaan stops at a gradient near 1e-6; BFGS from there goes on until the likelihood has no more digits.
polished <- function(fitter, model, data, ...) {
  first <- fitter(model, data, ...)
  second <- fitter(
    model, data, ..., start = first, baseline = FALSE, optim.method = "BFGS", control = list(reltol = 1e-16, maxit = 10000)
  )
  second@baseline <- first@baseline
  second
}
wanted <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr")
measures <- function(fit, also = NULL) as.list(unclass(fitMeasures(fit, c(wanted, also))))

# Two groups, three factors; one loading and one intercept differ between the groups ---------------------------------
n <- 300
group <- rep(c("east", "west"), c(170, 130))
west <- as.numeric(group == "west")
base <- matrix(rnorm(3 * n), n)
mixed <- base %*% chol(matrix(c(1, .55, .4, .55, 1, .5, .4, .5, 1), 3))
factors <- mixed * (1 + .2 * west) + outer(west, c(.3, 0, -.2))
item <- function(column, loading, shift = 0) round(5 + 1.5 * (loading * factors[, column] + .7 * rnorm(n)) + shift * west, 1)
people <- data.frame(
  group = group, a1 = item(1, .8), a2 = item(1, .7), a3 = item(1, .6 + .25 * west), a4 = item(1, .75),
  b1 = item(2, .8), b2 = item(2, .7, .6), b3 = item(2, .65), c1 = item(3, .7), c2 = item(3, .8), c3 = item(3, .6)
)
model <- "A =~ a1 + a2 + a3 + a4
          B =~ b1 + b2 + b3
          C =~ c1 + c2 + c3"
fit <- polished(cfa, model, people, std.lv = TRUE)
values <- parameterEstimates(fit)
standard <- standardizedSolution(fit)
loading <- values$op == "=~"
between <- values$op == "~~" & values$lhs %in% c("A", "B", "C") & values$lhs != values$rhs
factor_model <- list(
  fit = measures(fit, c("aic", "bic")), loadings = values$est[loading], loadings_se = values$se[loading],
  standardised = standard$est.std[loading], standardised_se = standard$se[loading],
  correlations = values$est[between], correlations_se = values$se[between]
)

# The same with a factor of a single item, and the regression between factors (saturated, so an equal fit) -----------
alone <- "A =~ a1 + a2 + a3 + a4
          B =~ b1 + b2 + b3
          C =~ c1
          c1 ~~ 0 * c1
          C ~ A + B"
structural <- polished(sem, alone, people)
slopes <- standardizedSolution(structural)
slopes <- slopes[slopes$op == "~", ]
single <- list(fit = measures(structural), slopes = slopes$est.std, slopes_se = slopes$se)

# Invariance ---------------------------------------------------------------------------------------------------------
across <- function(data, model, group, ...) {
  steps <- list(
    configural = polished(cfa, model, data, group = group, std.lv = TRUE, ...),
    metric = polished(cfa, model, data, group = group, std.lv = TRUE, group.equal = "loadings", ...),
    scalar = polished(cfa, model, data, group = group, std.lv = TRUE, group.equal = c("loadings", "intercepts"), ...)
  )
  last <- parameterEstimates(steps$scalar)
  mean <- last$op == "~1" & last$group == 2 & last$lhs %in% lavNames(steps$scalar, "lv")
  list(fit = lapply(steps, measures, also = c("aic", "bic")), means = last$est[mean], means_se = last$se[mean])
}
invariance <- across(people, model, "group")

# Holzinger and Swineford (1939), as lavaan has it: moments only (denominator n) -------------------------------------
speed <- "visual =~ x1 + x2 + x3
          textual =~ x4 + x5 + x6
          speed =~ x7 + x8 + x9"
moments <- function(rows) {
  answers <- as.matrix(rows[, paste0("x", 1:9)])
  list(n = nrow(answers), mean = unname(colMeans(answers)), covariance = unname(cov(answers) * (nrow(answers) - 1) / nrow(answers)))
}
holzinger <- list(
  schools = lapply(split(HolzingerSwineford1939, HolzingerSwineford1939$school), moments),
  fit = measures(polished(cfa, speed, HolzingerSwineford1939)),
  invariance = across(HolzingerSwineford1939, speed, "school")$fit
)

# HTMT ---------------------------------------------------------------------------------------------------------------
ratios <- semTools::htmt(model, people, htmt2 = FALSE)
htmt <- list(AB = ratios["B", "A"], AC = ratios["C", "A"], BC = ratios["C", "B"])

# Mediation: parallel mediators in standard deviations; one mediator with interaction, in the outcome's unit ---------
paths <- polished(sem, "b1 ~ p * a1 + w1 * c3
              b2 ~ q * a1 + w2 * c3
              c1 ~ direct * a1 + r * b1 + s * b2 + w3 * c3
              b1 ~~ b2
              first := p * r
              second := q * s
              indirect := p * r + q * s
              total := direct + p * r + q * s", people)
effects <- standardizedSolution(paths)
effect <- function(label) effects$est.std[effects$label == label]
people$late <- as.numeric(people$a2 > 5)
to_mediator <- lm(b1 ~ late + c3, people)
to_outcome <- lm(c1 ~ late * b1 + c3, people)
a <- coef(to_mediator)[["late"]]
b <- coef(to_outcome)
without <- predict(to_mediator, transform(people, late = 0))
mediation <- list(
  direct = effect("direct"), first = effect("first"), second = effect("second"), indirect = effect("indirect"),
  total = effect("total"), natural_indirect = a * (b[["b1"]] + b[["late:b1"]]),
  natural_direct = b[["late"]] + b[["late:b1"]] * mean(without),
  residual_correlation = cor(residuals(to_mediator), residuals(lm(c1 ~ late + c3, people)))
)

# Partial correlations, and the chain a1, b1, b2, c1 against the model without restrictions --------------------------
left_over <- function(name, given) residuals(lm(reformulate(given, name), people))
partial <- function(one, other, given) cor(left_over(one, given), left_over(other, given))
chain <- polished(sem, "b1 ~ a1
              b2 ~ b1
              c1 ~ b2", people)
independence <- list(
  partial = c(partial("a1", "b2", "b1"), partial("a1", "c1", "b2"), partial("b1", "c1", c("a1", "b2"))),
  chain = as.list(unclass(fitMeasures(chain, c("chisq", "df", "pvalue"))))
)

# Ceilings over R's own data, by the definitions of Dul (2016) -------------------------------------------------------
ceilings <- function(x, y) {
  corner <- order(x, -y)
  px <- x[corner]; py <- y[corner]
  new <- py > c(-Inf, cummax(py)[-length(py)])
  px <- px[new]; py <- py[new]
  scope <- diff(range(x)) * diff(range(y))
  step <- stepfun(px[-1], py)
  ends <- sort(unique(c(px, max(x))))
  above <- sum(diff(ends) * (max(y) - step(head(ends, -1))))
  line <- coef(lm(py ~ px))
  height <- function(at) max(y) - pmin(pmax(line[[1]] + line[[2]] * at, min(y)), max(y))
  bends <- sort(c(range(x), pmin(pmax((range(y) - line[[1]]) / line[[2]], min(x)), max(x))))
  area <- sum(diff(bends) * (head(height(bends), -1) + tail(height(bends), -1)) / 2)
  half <- mean(range(y))
  list(
    ce_fdh = above / scope, cr_fdh = area / scope, accuracy = mean(y <= line[[1]] + line[[2]] * x + 1e-9), peers = length(px),
    needed_for_half = c(min(x[y >= half]), (half - line[[1]]) / line[[2]])
  )
}
necessity <- list(
  cars = c(list(x = cars$speed, y = cars$dist), ceilings(cars$speed, cars$dist)),
  faithful = c(list(x = faithful$eruptions, y = faithful$waiting), ceilings(faithful$eruptions, faithful$waiting)),
  iris = c(list(x = iris$Sepal.Width, y = iris$Petal.Width), ceilings(iris$Sepal.Width, iris$Petal.Width))
)

versions <- sapply(c("lavaan", "semTools"), function(name) as.character(packageVersion(name)))
people$late <- NULL
cat(toJSON(list(
  versions = as.list(c(R = R.version.string, versions)), people = people, factor_model = factor_model, single = single,
  invariance = invariance, holzinger = holzinger, htmt = htmt, mediation = mediation, independence = independence,
  necessity = necessity
), digits = NA, auto_unbox = TRUE, dataframe = "columns", pretty = FALSE), "\n")
