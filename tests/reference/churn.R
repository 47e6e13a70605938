# Sums of the churn data from R: what the studies demonstration and complaints_churn are held against. Aggregated numbers
# only; the files stay where they are. Made by: LOYALTY_DATA_MIRROR=<folder with the data> Rscript churn.R > churn.json
suppressPackageStartupMessages({ library(jsonlite); library(survival) })
mirror <- Sys.getenv("LOYALTY_DATA_MIRROR")
stopifnot("set LOYALTY_DATA_MIRROR to the folder that holds the data" = nzchar(mirror))
exact <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 60)

telco <- read.csv(file.path(mirror, "ibm_telco_churn", "Telco-Customer-Churn.csv"))
telco <- with(telco, data.frame(
  duration = tenure, left = as.integer(Churn == "Yes"), contract = Contract, internet = InternetService,
  dependents = Dependents, online_backup = ifelse(OnlineBackup == "Yes", "Yes", "No"),
  tech_support = ifelse(TechSupport == "Yes", "Yes", "No")
))
load(file.path(mirror, "mlc_churn", "mlc_churn.RData"))
mlc <- with(mlc_churn, data.frame(
  duration = account_length, left = as.integer(churn == "yes"), international_plan = as.character(international_plan),
  voice_mail_plan = as.character(voice_mail_plan), service_calls = number_customer_service_calls,
  day_minutes = total_day_minutes
))

cox_of <- function(data, predictors) {
  columns <- model.matrix(reformulate(predictors), data)[, -1, drop = FALSE]
  fit <- coxph(Surv(data$duration, data$left) ~ columns, ties = "efron", control = exact)
  ph <- cox.zph(fit, transform = "km", terms = FALSE)$table
  order <- concordance(fit)
  list(coefficient = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit)))), ph_chi_squared = unname(ph[, "chisq"]),
       concordance = unname(order$concordance), concordance_se = unname(sqrt(order$var)))
}

# Curves, restricted means and the log-rank test by the first predictor, a Cox model of all of them
sums_of <- function(data, predictors) {
  y <- Surv(data$duration, data$left)
  group <- data[[predictors[1]]]
  horizon <- floor(unname(quantile(data$duration, .9)))
  times <- round(horizon * (1:3) / 3)
  fit <- survfit(y ~ group)
  at <- summary(fit, times = times)
  area <- summary(fit, rmean = horizon)$table
  list(n = nrow(data), events = sum(data$left), horizon = horizon, times = times,
       survival = matrix(at$surv, ncol = length(times), byrow = TRUE), se = matrix(at$std.err, ncol = length(times), byrow = TRUE),
       restricted_mean = unname(area[, "rmean"]), restricted_mean_se = unname(area[, "se(rmean)"]),
       logrank = survdiff(y ~ group)$chisq, cox = cox_of(data, predictors))
}

# The subset and the model of Databricks' "Survival Analysis for Churn and Lifetime Value" (solution accelerator, 2021)
monthly <- telco[telco$contract == "Month-to-month" & telco$internet != "No", ]
monthly$dsl <- as.integer(monthly$internet == "DSL")
published <- survfit(Surv(duration, left) ~ 1, monthly)

# Only who left in the last month is in the file: everybody at risk in that month alone
seen <- telco[telco$duration > 0, ]
last <- survfit(Surv(duration - 1, duration, left) ~ 1, seen)

iran <- unique(read.csv(file.path(mirror, "iranian_churn", "Customer_Churn.csv"), check.names = FALSE))
names(iran) <- gsub(" +", "_", tolower(names(iran)))
held <- churn ~ complains + subscription_length + age_group + I(tariff_plan == 2) + log1p(frequency_of_use) +
  log1p(seconds_of_use) + log1p(frequency_of_sms) + log1p(distinct_called_numbers) + log1p(call_failure) +
  log1p(charge_amount)
logit <- glm(held, binomial, iran, control = glm.control(epsilon = 1e-14, maxit = 100))
if_all <- function(value) mean(predict(logit, transform(iran, complains = value), type = "response"))

write_json(list(
  versions = list(R = R.version.string, survival = as.character(packageVersion("survival"))),
  ibm_telco_churn = c(
    sums_of(telco, c("contract", "internet", "dependents", "online_backup", "tech_support")),
    list(
      month_to_month_internet = list(
        n = nrow(monthly), events = sum(monthly$left), median = unname(quantile(published, .5)$quantile),
        cox = cox_of(monthly, c("dependents", "dsl", "online_backup", "tech_support"))
      ),
      last_month = list(times = c(1, 12, 24), survival = summary(last, times = c(1, 12, 24))$surv)
    )
  ),
  mlc_churn = sums_of(mlc, c("international_plan", "voice_mail_plan", "service_calls", "day_minutes")),
  iranian_churn = list(
    n = nrow(iran), log_odds_ratio = unname(coef(logit)["complains"]), at_complaint = if_all(1), at_none = if_all(0)
  )
), stdout(), auto_unbox = TRUE, digits = NA, pretty = TRUE)
