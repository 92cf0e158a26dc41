// What this installation is like: `make deploy` reads it, and so does `az deployment group create --parameters FILE`.
// main.bicep describes every parameter and has a default for each: all of this may be left as it is.
using 'main.bicep'

param name = 'crontable'

// Whom to tell when the tick stops or a job fails.
// param alertEmail = 'oncall@example.com'

// A warning before the month's bill; the start stays what it was when the budget was made.
// param budgetAmount = 50
// param budgetStart = '2026-11-01'

// Container groups in a network of their own, with one fixed address towards the internet.
// param vnet = true

// Images of other registries, such as python:3.13-slim for code by Git.
// param allowedImages = 'mycompany.azurecr.io/*, docker.io/library/python:3.13-slim'

// The repository whose workflow deploys.
// param githubRepository = 'owner/repository'
