// `npm run setup`: an owner, an assistant and a provider key in a project that has the migrations.
import { generateKeyRing, KeyRingError } from '@loacl/sealing'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parseBaseUrl } from './base_url.ts'
import { DEFAULT_MODEL, DEFAULT_NAME, setUpProject } from './project_setup.ts'
import { ProjectSetupError } from './setup_error.ts'
import { describeTrial, explainSetupFailure } from './setup_words.ts'

const HELP = `Sets up LOACL in a Supabase project that has its migrations, or changes what is set up.

  npm run setup -- --generate-keys FILE
      Writes a fresh key ring to a file that is not there yet. Keep it as the function secret LOACL_ENCRYPTION_KEYS, and
      somewhere safe besides.

  npm run setup -- --db-url URL --owner-email EMAIL [--assistant NAME] [--origin ORIGIN]… [--add-origin ORIGIN]…
                   [--greeting TEXT] [--instructions TEXT] [--model MODEL] [--question TEXT]… [--base-url URL]
      --db-url        the "Session pooler" connection string with its password filled in (dashboard, Connect); or
                      LOACL_DB_URL. Encrypted unless it leads to this machine or says otherwise by ?sslmode=
      --owner-email   of an existing user of the project (dashboard, Authentication); becomes an operator
      --assistant     its name; one of that name is changed, else it is made. Where left out, the only one is changed,
                      or, where there is none, "${DEFAULT_NAME}" is made
      --origin        a page that may use it: https://example.com, https://*.example.com, http://localhost:* (every
                      port) or *; may be given again. Replaces the whole list; --origin '' empties it
      --add-origin    adds a page to those that may use it; may be given again
      --greeting      what visitors read before they ask
      --instructions  what the model is told about its task; visitors never see it
      --question      shown to visitors as a beginning; may be given again. Replaces all questions that it has,
                      --question '' removes them; where left out, they stay
      --model         the provider's name of it; a new assistant has ${DEFAULT_MODEL} where left out. A new model or
                      key is tried with one short call; where the provider refuses, nothing is changed
      --base-url      of a provider other than OpenAI that speaks its Responses API; needs OPENAI_API_KEY

  LOACL_ENCRYPTION_KEYS   the key ring of the project's functions
  OPENAI_API_KEY          the provider's key, stored sealed; where left out, the stored one stays
  LOACL_PRIVATE_HOSTS     as in the project's functions: providers that may be private or speak plain HTTP
`

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  'generate-keys': { type: 'string' },
  'db-url': { type: 'string' },
  'owner-email': { type: 'string' },
  assistant: { type: 'string' },
  origin: { type: 'string', multiple: true },
  'add-origin': { type: 'string', multiple: true },
  greeting: { type: 'string' },
  instructions: { type: 'string' },
  model: { type: 'string' },
  question: { type: 'string', multiple: true },
  'base-url': { type: 'string' },
} as const

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS })
  if (values['generate-keys'] !== undefined) return writeKeyRing(values['generate-keys'])
  const dbUrl = values['db-url'] ?? process.env.LOACL_DB_URL
  const ownerEmail = values['owner-email']
  if (values.help) return console.log(HELP)
  if (!dbUrl || !ownerEmail) {
    console.error(`Both --db-url and --owner-email are needed.\n\n${HELP}`)
    process.exitCode = 2
    return
  }

  if (!/^postgres(ql)?:\/\//.test(dbUrl))
    throw new ProjectSetupError('--db-url is the database’s connection string: it begins with postgresql://.')
  const apiKey = process.env.OPENAI_API_KEY
  const givenUrl = values['base-url']
  if (givenUrl !== undefined && !apiKey)
    throw new ProjectSetupError('--base-url is stored with the key for it: OPENAI_API_KEY is not set.')
  const baseUrl = givenUrl === undefined ? null : parseBaseUrl(givenUrl, process.env.LOACL_PRIVATE_HOSTS)
  const encryptionKeys = process.env.LOACL_ENCRYPTION_KEYS
  if (apiKey && !encryptionKeys)
    throw new ProjectSetupError(
      'LOACL_ENCRYPTION_KEYS is not set: it must be the same as in the secrets of the functions.',
    )
  const { assistantId, assistantName, isNew, trial } = await setUpProject(dbUrl, encryptionKeys ?? '', {
    ownerEmail,
    assistant: {
      ...(values.assistant === undefined ? {} : { name: values.assistant }),
      ...(values.greeting === undefined ? {} : { greeting: values.greeting }),
      ...(values.instructions === undefined ? {} : { instructions: values.instructions }),
      ...(values.model === undefined ? {} : { model: values.model }),
      ...(values.origin ? { allowedOrigins: values.origin.filter(Boolean) } : {}),
      ...(values['add-origin'] ? { addedOrigins: values['add-origin'] } : {}),
      ...(values.question
        ? { questions: values.question.filter(Boolean).map((question) => ({ question, category: null })) }
        : {}),
    },
    ...(apiKey ? { provider: { apiKey, baseUrl } } : {}),
    triesModel: true,
  })
  console.log(
    `✓ ${assistantName} is ${isNew ? 'made' : 'set up'}. Its id, for data-assistant in the script tag: ${assistantId}`,
  )
  if (!apiKey) console.log('  OPENAI_API_KEY was not set: the provider key is as it was.')
  if (trial) console.log(`  ${describeTrial(trial)}`)
  else if (values.model !== undefined)
    console.log(
      `  ${values.model} was not tried: that takes OPENAI_API_KEY, or a stored key and LOACL_ENCRYPTION_KEYS.`,
    )
  if (!values.origin && !values['add-origin'])
    console.log(
      isNew
        ? '  No --origin was given: no page may use it yet. Run this again with the address of yours.'
        : '  No --origin was given: the pages that may use it are as they were.',
    )
}

/** The only copy of a ring may be in this file: it is never replaced. */
function writeKeyRing(name: string): void {
  // npm runs this in the folder of its package.json.
  const file = resolve(process.env.INIT_CWD ?? '.', name)
  try {
    writeFileSync(file, `${generateKeyRing()}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    throw new ProjectSetupError(
      `${file} is there already, and stays as it is: what is sealed with its keys opens with nothing else. Use it, or name another file. How to change the keys of a project is in docs/admin.md, "Rotating the key ring".`,
    )
  }
  console.log(`✓ A fresh key ring is in ${file}, for you alone to read.`)
}

main().catch((error: unknown) => {
  const isPlain = error instanceof ProjectSetupError || error instanceof KeyRingError
  console.error(isPlain ? error.message : (explainSetupFailure(error) ?? error))
  process.exitCode = 1
})
