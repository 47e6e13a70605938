# Reference values for the models of purchases, spend and renewal, and for concentration, from base R.
# Made by: Rscript buy_till_you_die.R > buy_till_you_die.json
# The likelihoods are written as integrals over the moment of death and integrated by integrate(), the maxima found by
# Newton's method on numDeriv's derivatives: another way than the one under test.
suppressPackageStartupMessages({
  library(jsonlite); library(numDeriv)
})
set.seed(19870101, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

# Integrals of powers ------------------------------------------------------------------------------------------------
grid <- expand.grid(
  upper = c(.5, 40), a = c(.1, 10), p = c(.5, 3, 60), b = c(.05, 12), q = c(1.3, 4), rate = c(0, .02), stringsAsFactors = FALSE
)
log_integral <- function(upper, a, p, b, q, rate) {
  inner <- function(v) { # u = exp(v), so that long tails are short
    u <- exp(v)
    exp(v - p * log1p(u / a) - q * log1p(u / b) - rate * u)
  }
  cuts <- seq(log(1e-16), log(upper), length.out = 60)
  log(sum(mapply(function(low, high) integrate(inner, low, high, rel.tol = 1e-13, abs.tol = 0)$value, head(cuts, -1), tail(cuts, -1))) + 1e-16)
}
grid$log <- mapply(log_integral, grid$upper, grid$a, grid$p, grid$b, grid$q, grid$rate)

# Customers of a Pareto/NBD world ------------------------------------------------------------------------------------
n <- 300
age <- round(runif(n, 20, 60), 1)
lambda <- rgamma(n, .8, rate = 6)
death <- rexp(n, rgamma(n, 1.2, rate = 20))
orders <- lapply(seq_len(n), function(i) {
  until <- min(age[i], death[i])
  times <- numeric(0)
  now <- rexp(1, lambda[i])
  while (now <= until) {
    times <- c(times, now)
    now <- now + rexp(1, lambda[i])
  }
  times
})
customers <- data.frame(
  frequency = lengths(orders), recency = round(sapply(orders, function(t) if (length(t)) max(t) else 0), 3), age = age
)
customers$recency <- ifelse(customers$frequency > 0, pmax(customers$recency, .001), 0)
personal <- 1 / rgamma(n, 3.5, rate = 20)
customers$spend <- ifelse(
  customers$frequency > 0, round(rgamma(n, 5 * pmax(customers$frequency, 1), rate = pmax(customers$frequency, 1) / personal), 2), NA
)
x <- customers$frequency
t_x <- customers$recency

newton <- function(log_likelihood, start) {
  theta <- log(start)
  for (step in 1:50) {
    g <- grad(function(theta) log_likelihood(exp(theta)), theta)
    h <- hessian(function(theta) log_likelihood(exp(theta)), theta)
    ascent <- if (all(eigen(h, only.values = TRUE)$values < 0)) -solve(h, g) else g / sqrt(sum(g^2)) * .2
    ascent <- ascent / max(1, max(abs(ascent)) / .5)
    theta <- theta + ascent
    if (max(abs(ascent)) < 1e-9) break
  }
  h <- hessian(function(theta) log_likelihood(exp(theta)), theta)
  list(estimate = exp(theta), se = exp(theta) * sqrt(diag(solve(-h))), log_likelihood = log_likelihood(exp(theta)))
}

# Pareto/NBD ---------------------------------------------------------------------------------------------------------
nodes <- local({ # a composite rule of fixed points, so that the likelihood has smooth numerical derivatives
  gauss <- eigen(local({
    k <- 1:19
    m <- matrix(0, 20, 20)
    m[cbind(k, k + 1)] <- m[cbind(k + 1, k)] <- k / sqrt(4 * k^2 - 1)
    m
  }))
  list(x = gauss$values, w = 2 * gauss$vectors[1, ]^2)
})
dead_part <- function(r, alpha, s, beta, pieces = 12) {
  total <- numeric(n)
  for (k in seq_len(pieces)) {
    low <- t_x + (age - t_x) * ((k - 1) / pieces)^2
    half <- (t_x + (age - t_x) * (k / pieces)^2 - low) / 2
    at <- low + outer(half, 1 + nodes$x)
    total <- total + half * drop((s * (alpha + at)^-(r + x) * (beta + at)^-(s + 1)) %*% nodes$w)
  }
  total
}
pareto_parts <- function(theta) {
  r <- theta[1]; alpha <- theta[2]; s <- theta[3]; beta <- theta[4]
  alive <- (alpha + age)^-(r + x) * (beta + age)^-s
  dead <- dead_part(r, alpha, s, beta)
  common <- lgamma(r + x) - lgamma(r) + r * log(alpha) + s * log(beta)
  list(log = common + log(alive + dead), alive = alive / (alive + dead))
}
pareto <- newton(function(theta) sum(pareto_parts(theta)$log), c(.8, 6, 1.2, 20))
at <- c(.8, 6, 1.2, 20)
known <- pareto_parts(at)
conditional <- known$alive * (at[1] + x) / (at[2] + age) * sapply(
  age, function(age) integrate(function(u) ((at[4] + age) / (at[4] + age + u))^at[3], 0, 26, rel.tol = 1e-12)$value
)
discounted <- known$alive * (at[1] + x) / (at[2] + age) * sapply(
  age, function(age) integrate(function(u) ((at[4] + age) / (at[4] + age + u))^at[3] * exp(-.002 * u), 0, Inf, rel.tol = 1e-12)$value
)

# BG/NBD -------------------------------------------------------------------------------------------------------------
bgnbd_parts <- function(theta) {
  r <- theta[1]; alpha <- theta[2]; a <- theta[3]; b <- theta[4]
  here <- exp(lbeta(a, b + x) - lbeta(a, b)) * (alpha + age)^-(r + x)
  left <- ifelse(x > 0, exp(lbeta(a + 1, b + x - 1) - lbeta(a, b)) * (alpha + t_x)^-(r + x), 0)
  list(log = lgamma(r + x) - lgamma(r) + r * log(alpha) + log(here + left), alive = here / (here + left))
}
bgnbd <- newton(function(theta) sum(bgnbd_parts(theta)$log), c(.8, 6, .5, 4))
bg_at <- c(.8, 6, .7, 4)
gauss_2f1 <- function(a, b, c, z) {
  term <- total <- 1
  for (k in 0:5000) {
    term <- term * (a + k) * (b + k) / ((c + k) * (k + 1)) * z
    total <- total + term
    if (abs(term) < 1e-17 * abs(total)) break
  }
  total
}
bg_known <- bgnbd_parts(bg_at)
bg_conditional <- bg_known$alive * with(list(r = bg_at[1], alpha = bg_at[2], a = bg_at[3], b = bg_at[4], t = 26), {
  f <- mapply(function(x, age) gauss_2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t)), x, age)
  (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t))^(r + x) * f)
})

# Gamma-Gamma and shifted beta-geometric -----------------------------------------------------------------------------
m <- customers$spend[x > 0]
k <- x[x > 0]
gamma_gamma <- newton(function(theta) {
  p <- theta[1]; q <- theta[2]; g <- theta[3]
  sum(lgamma(p * k + q) - lgamma(p * k) - lgamma(q) + q * log(g) + (p * k - 1) * log(m) + p * k * log(k) - (p * k + q) * log(g + m * k))
}, c(5, 3.5, 20))
lost <- c(210, 120, 70, 55, 31)
active <- c(0, 30, 0, 60, 400)
sbg <- newton(function(theta) {
  t <- seq_along(lost)
  sum(lost * (lbeta(theta[1] + 1, theta[2] + t - 1) - lbeta(theta[1], theta[2]))) +
    sum(active * (lbeta(theta[1], theta[2] + t) - lbeta(theta[1], theta[2])))
}, c(1, 3))

# Concentration, with the jackknife ----------------------------------------------------------------------------------
value <- round(customers$age * lambda * personal * 10 + rexp(n, .2), 2)
gini <- function(v) sum(abs(outer(v, v, "-"))) / (2 * length(v)^2 * mean(v))
top_fifth <- function(v) 1 - approx(0:length(v) / length(v), c(0, cumsum(sort(v))) / sum(v), .8)$y
jackknife <- function(statistic) {
  without <- sapply(seq_len(n), function(i) statistic(value[-i]))
  list(value = statistic(value), se = sqrt((n - 1) / n * sum((without - mean(without))^2)))
}

cat(toJSON(list(
  versions = list(R = R.version.string, numDeriv = as.character(packageVersion("numDeriv"))),
  integrals = grid, customers = customers,
  pareto_nbd = c(pareto, list(at = at, log = known$log, alive = known$alive, conditional = conditional, discounted = discounted)),
  bgnbd = c(bgnbd, list(at = bg_at, log = bg_known$log, alive = bg_known$alive, conditional = bg_conditional)),
  gamma_gamma = gamma_gamma, sbg = c(sbg, list(lost = lost, active = active)),
  concentration = list(value = value, gini = jackknife(gini), top_fifth = jackknife(top_fifth))
), digits = NA, auto_unbox = TRUE, na = "null"), "\n")
