# Reference values for linear, logistic and Poisson regression, dominance, equivalence and p-values, from R.
# Made by: Rscript regression.R > regression.json
# The data are drawn here and written beside the results, so that the tests need no R.
suppressPackageStartupMessages({
  library(jsonlite); library(sandwich); library(numDeriv)
})
set.seed(20240310, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

n <- 240
rows <- data.frame(
  x = round(rnorm(n, 5, 2), 2), z = round(rnorm(n), 2), segment = sample(c("a", "b", "c"), n, replace = TRUE),
  seller = sample(1:24, n, replace = TRUE, prob = (1:24)), weight = round(runif(n, .5, 2), 2),
  months = sample(1:6, n, replace = TRUE)
)
shared <- rnorm(24)[rows$seller]
rows$v <- round(.5 * rows$x + rnorm(n), 2)
rows$y <- round(2 + .6 * rows$x + .3 * rows$x * rows$z - .5 * (rows$segment == "c") + shared + rnorm(n) * (1 + abs(rows$z)), 2)
rows$bought <- as.numeric(runif(n) < plogis(-2.5 + .4 * rows$x + .3 * rows$z + .4 * (rows$segment == "b") + .5 * shared))
rows$orders <- rpois(n, rows$months * exp(-1.5 + .15 * rows$x + .2 * rows$z + .2 * shared))
rows$fraction <- round(plogis(-1 + .2 * rows$x + .5 * rnorm(n)), 3)

se <- function(covariance) unname(sqrt(diag(covariance)))
clusters <- length(unique(rows$seller))
tight <- glm.control(epsilon = 1e-15, maxit = 100)
# Each seller left out by one Newton step. (For a glm sandwich 3.0-2 has X' (I - H)^-1 e with H = X A^-1 X' W where the
# step needs its transpose, and is up to a fifth higher here; for lm without weights both are the same.)
cv3 <- function(fit) {
  design <- model.matrix(fit)
  w <- if (inherits(fit, "glm")) weights(fit, "working") else fit$weights
  score <- design * w * (if (inherits(fit, "glm")) residuals(fit, "working") else residuals(fit))
  information <- crossprod(design * sqrt(w))
  moved <- sapply(unique(rows$seller), function(seller) {
    own <- rows$seller == seller
    solve(information - crossprod(design[own, , drop = FALSE] * sqrt(w[own])), colSums(score[own, , drop = FALSE]))
  })
  (clusters - 1) / clusters * tcrossprod(moved)
}
# Each seller left out by a fit of its own: what the step approximates.
refitted <- function(fit) {
  without <- sapply(unique(rows$seller), function(seller) coef(update(fit, data = fit$data[rows$seller != seller, ])))
  se((clusters - 1) / clusters * tcrossprod(without - coef(fit)))
}
named <- function(fit) list(
  names = names(coef(fit)), values = unname(coef(fit)), hc3 = se(vcovHC(fit, type = "HC3")), cv3 = se(cv3(fit))
)

# Each model with and without weights; terms in the order of the Python side -------------------------------------------
right <- ~ x + z + segment + x:z
weighted <- function(w) transform(rows, w = w)
models <- list(
  linear = function(w = 1) lm(update(right, y ~ .), weighted(w), weights = w),
  logistic = function(w = 1) glm(update(right, bought ~ .), quasibinomial, weighted(w), w, control = tight),
  fractional = function(w = 1) glm(update(right, fraction ~ .), quasibinomial, weighted(w), w, control = tight),
  risk = function(w = 1) glm(update(right, bought ~ .), quasipoisson, weighted(w), w, control = tight),
  rate = function(w = 1) glm(update(right, orders ~ .), quasipoisson, weighted(w), w, control = tight, offset = log(months))
)
grid <- lapply(models, function(model) list(plain = named(model()), weighted = named(model(rows$weight))))
refits <- lapply(models[-1], function(model) refitted(model()))
linear <- models$linear()
summarised <- summary(linear)
without <- sapply(unique(rows$seller), function(seller) coef(lm(update(right, y ~ .), rows[rows$seller != seller, ])))
left_out <- (clusters - 1) / clusters * tcrossprod(without - coef(linear))
of_sandwich <- vcovCL(linear, cluster = rows$seller, type = "HC3", cadjust = FALSE)  # has (G - 1) / G inside

# Slopes at a level of what they interact with; a threshold; classical and HC1 -------------------------------------------
moved <- lm(y ~ x + z + segment + x:z, transform(rows, z = z - 1.5))
stepped <- lm(y ~ past * above + z, transform(rows, past = x - 5, above = as.numeric(x >= 5)))
step_covariance <- vcovHC(stepped, type = "HC3")
above <- c(0, 1, 0, 0, 1)
simple <- list(
  slope = coef(moved)[["x"]], slope_se = sqrt(vcovHC(moved, type = "HC3")["x", "x"]),
  jump = coef(stepped)[["above"]], jump_se = sqrt(step_covariance["above", "above"]),
  below = coef(stepped)[["past"]], bend = coef(stepped)[["past:above"]],
  above = sum(above * coef(stepped)), above_se = sqrt(drop(above %*% step_covariance %*% above))
)
reduced <- lm(y ~ x + z + v, rows)
products <- list(
  values = unname(coef(reduced)), classical = se(vcov(reduced)), hc1 = se(vcovHC(reduced, type = "HC1")),
  r_squared = summary(reduced)$r.squared, sigma = summary(reduced)$sigma
)

# Average marginal effects and contrasts of the logistic and the risk model ---------------------------------------------
average <- function(fit, inverse) {
  design <- model.matrix(fit)
  b <- coef(fit)
  spread <- vcovHC(fit, type = "HC3")
  delta <- function(statistic) {
    slope <- jacobian(statistic, b)
    c(value = statistic(b), se = sqrt(drop(slope %*% spread %*% t(slope))))
  }
  derivative <- function(b) {
    eta <- drop(design %*% b)
    density <- if (inverse == "logit") dlogis(eta) else exp(eta)
    mean(density * (b[["x"]] + b[["x:z"]] * rows$z))
  }
  share <- function(b, level) {
    other <- design
    other[, "segmentb"] <- level == "b"
    other[, "segmentc"] <- level == "c"
    eta <- drop(other %*% b)
    mean(if (inverse == "logit") plogis(eta) else exp(eta))
  }
  list(
    marginal = as.list(delta(derivative)), at_low = share(b, "a"), at_high = share(b, "c"),
    difference = as.list(delta(function(b) share(b, "c") - share(b, "a"))),
    log_ratio = as.list(delta(function(b) log(share(b, "c") / share(b, "a"))))
  )
}
effects <- list(logistic = average(models$logistic(), "logit"), risk = average(models$risk(), "log"))

# Dominance: the gain in R squared of each predictor, over all orders of entry -------------------------------------------
orders_of <- function(items) {
  if (length(items) < 2) return(list(items))
  unlist(lapply(seq_along(items), function(i) lapply(orders_of(items[-i]), function(rest) c(items[i], rest))), recursive = FALSE)
}
predictors <- c("x", "z", "v", "months")
explained <- function(chosen) if (length(chosen) == 0) 0 else summary(lm(reformulate(chosen, "y"), rows))$r.squared
gains <- sapply(orders_of(predictors), function(order) {
  gain <- sapply(seq_along(order), function(i) explained(order[seq_len(i)]) - explained(order[seq_len(i - 1)]))
  gain[match(predictors, order)]
})
dominance <- list(predictors = predictors, shares = rowMeans(gains), r_squared = explained(predictors))

# Equivalence ------------------------------------------------------------------------------------------------------------
first <- rows$y[rows$segment == "a"]
second <- rows$y[rows$segment == "b"]
score_p <- function(x1, n1, x2, n2, bound, upper) {
  likelihood <- function(p2) dbinom(x1, n1, p2 + bound, log = TRUE) + dbinom(x2, n2, p2, log = TRUE)
  p2 <- optimize(likelihood, c(max(0, -bound), min(1, 1 - bound)), maximum = TRUE, tol = 1e-12)$maximum
  spread <- sqrt((p2 + bound) * (1 - p2 - bound) / n1 + p2 * (1 - p2) / n2)
  pnorm((x1 / n1 - x2 / n2 - bound) / spread, lower.tail = !upper)
}
equivalence <- list(
  mean_low = t.test(first, second, mu = -1.2, alternative = "greater")$p.value,
  mean_high = t.test(first, second, mu = 1.1, alternative = "less")$p.value,
  share_low = score_p(52, 160, 60, 170, -.12, TRUE), share_high = score_p(52, 160, 60, 170, .08, FALSE)
)

p <- c(.0004, .0021, .011, .013, .013, .041, .049, .2, .61, 1)
adjusted <- list(
  p = p, holm = p.adjust(p, "holm"), benjamini_hochberg = p.adjust(p, "BH"), benjamini_yekutieli = p.adjust(p, "BY")
)

versions <- sapply(c("sandwich", "numDeriv"), function(name) as.character(packageVersion(name)))
cat(toJSON(list(
  versions = as.list(c(R = R.version.string, versions)), rows = rows, grid = grid,
  linear = list(r_squared = summarised$r.squared, sigma = summarised$sigma, left_out = se(left_out), cv3_of_sandwich = se(of_sandwich)),
  refits = refits,
  simple = simple, products = products, effects = effects, dominance = dominance, equivalence = equivalence,
  adjusted = adjusted
), digits = NA, auto_unbox = TRUE, dataframe = "columns", pretty = FALSE), "\n")
