// One line per check; a check never stops the ones after it unless they need what it gives.
import assert from 'node:assert/strict'

let passed = 0
let failed = 0

/** Runs one check and gives back what it returns, or `undefined` when it failed. */
export async function check(name, body) {
  try {
    const result = await body()
    passed += 1
    console.log(`ok ${name}`)
    return result
  } catch (error) {
    failed += 1
    console.log(`FAIL ${name}: ${await explain(error)}`)
    return undefined
  }
}

/** Passes when `body` throws an error that `right` calls the right one. */
export function refuses(name, body, right) {
  return check(name, async () => {
    let outcome
    try {
      outcome = await body()
    } catch (error) {
      if (!(await right(error))) throw error
      return error
    }
    assert.fail(`was not refused: ${JSON.stringify(outcome)?.slice(0, 200)}`)
  })
}

/** Prints the last line and says whether all is well. */
export function conclude() {
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0
}

async function explain(error) {
  const parts = [error.message]
  if (error.errorResponse) parts.push(JSON.stringify(error.errorResponse))
  const response = error.response?.response ?? error.response
  if (response?.status) parts.push(`HTTP ${response.status}`)
  if (error.responseText) parts.push(error.responseText)
  if (error.cause) parts.push(`cause: ${error.cause.message ?? error.cause}`)
  return parts.join(' | ').replaceAll('\n', ' ').slice(0, 1200)
}
