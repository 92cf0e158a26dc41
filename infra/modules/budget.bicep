metadata description = 'A monthly budget of one resource group: it warns, and stops nothing.'

@description('Name of the budget.')
@minLength(1)
@maxLength(63)
param name string

@description('What the group may cost in a month, in the currency that the subscription is billed in.')
@minValue(1)
param amount int

@description('First day of the month that it begins in, such as 2026-11-01. It cannot be changed later.')
@minLength(10)
@maxLength(10)
param start string

@description('Address that is warned; empty: the group\'s owners.')
param contact string

var people = { contactEmails: empty(contact) ? [] : [contact], contactRoles: empty(contact) ? ['Owner'] : [] }
var reached = { enabled: true, operator: 'GreaterThanOrEqualTo' }

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      almost: union(people, reached, { threshold: 80, thresholdType: 'Actual' })
      spent: union(people, reached, { threshold: 100, thresholdType: 'Actual' })
      foreseen: union(people, reached, { threshold: 100, thresholdType: 'Forecasted' })
    }
  }
}
