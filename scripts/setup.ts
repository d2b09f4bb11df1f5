/**
 * `npm run setup`: from a fresh clone to a running Kith with an administrator, in a Cloudflare account. Asks for what it needs,
 * shows a plan, and asks before it acts. It can be run again: it continues where it stopped, and changes only what differs.
 */
import { readFileSync } from 'node:fs'
import { main, Refusal } from './local.ts'
import { Account, type Found, findLogin, type Names, namesOf } from './setup/account.ts'
import { type Answers, answersIn, examplesFor, type Given, type Options, problemsOf, readOptions } from './setup/answers.ts'
import { workerProblems } from './setup/configuration.ts'
import { conflictsOf, originConflict } from './setup/conflicts.ts'
import { makeAdministrator, untilUp } from './setup/launch.ts'
import { CONFIG_FILE, connectByHand, planSteps, preview, type Situation, type Step } from './setup/plan.ts'
import { Prompts } from './setup/prompts.ts'
import { askAnswers, askSecret, needsZone } from './setup/questions.ts'
import { findSecrets, type KnownSecrets, SECRETS_FILE } from './setup/secrets.ts'
import { differences, parse } from './setup/toml.ts'

await main(async () => {
  const options = readOptions(process.argv.slice(2))
  if (options === null) return
  const prompts = options.isYes || options.isDryRun ? null : new Prompts()
  try {
    await setUp(options, prompts)
  } finally {
    prompts?.close()
  }
})

async function setUp(options: Options, prompts: Prompts | null): Promise<void> {
  const login = await findLogin()
  if (login === null && !options.isDryRun) {
    throw new Refusal(`Nobody is logged in to Cloudflare here. Run

  npx wrangler login

or set CLOUDFLARE_API_TOKEN, then run this again. To see the plan without an account: npm run setup -- --dry-run`)
  }
  const config = parse(readFileSync(CONFIG_FILE, 'utf8'))
  const known = answersIn(config)
  const given = { ...options.given }
  if (login !== null) given.account = await chooseAccount(login.accounts, given.account ?? known.account ?? '', prompts)
  const answers = prompts
    ? await askAnswers(prompts, given, known)
    : withoutQuestions(options.isDryRun ? withExamples(given, known) : given, known)
  // Of every command from here on, whatever a `.env` says.
  if (login !== null) process.env.CLOUDFLARE_ACCOUNT_ID = answers.account || login.accounts[0]?.id
  const account = login === null ? null : new Account(answers.jurisdiction)
  const names = namesOf(answers.worker)
  const found = account === null ? null : await lookUp(account, answers, names)
  await refuseConflicts(answers, names, found, prompts)
  const secrets = findSecrets(answers, found?.secrets ?? [], found?.database?.hasAccounts ?? false)
  const situation: Situation = { answers, names, found, account, secrets, entered: {} }
  if (!options.isDryRun) await enterSecrets(situation, prompts)
  refuseProblems(situation)

  const steps = planSteps(situation)
  showPlan(situation, steps, options.waitSeconds)
  if (options.isDryRun) return console.log('\nThis was a dry run: nothing was changed.')
  if (prompts && !(await prompts.confirm('\nGo ahead?'))) return console.log('Nothing was changed.')
  const todo = await (prompts
    ? prompts.lend(() => carryOut(steps, options.waitSeconds, answers))
    : carryOut(steps, options.waitSeconds, answers))
  if (needsZone(answers) && answers['zone-id'] === '' && !found?.pictureDomains.includes(new URL(answers.pictures).hostname))
    todo.push(connectByHand(answers, names))
  const isAdministered = await makeAdministrator(answers, prompts)
  showNext(situation, todo, isAdministered)
}

/** The account is written down only where there are several: then every wrangler command needs it. */
async function chooseAccount(accounts: readonly { id: string; name: string }[], asked: string, prompts: Prompts | null): Promise<string> {
  const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join('\n')
  if (accounts.length === 0) throw new Refusal('This login has no Cloudflare account.')
  const wanted = asked || (process.env.CLOUDFLARE_ACCOUNT_ID ?? '')
  if (wanted !== '' && !accounts.some(({ id }) => id === wanted)) throw new Refusal(`This login has no account ${wanted}. It has:\n${list}`)
  if (asked === '' && accounts.length === 1) return ''
  if (wanted !== '') return wanted
  if (!prompts) throw new Refusal(`This login has several accounts. Choose one with --account <id>:\n${list}`)
  console.log(`This login has several accounts:\n${list}`)
  return await prompts.ask('Account id', {
    check: (text) => (accounts.some(({ id }) => id === text) ? null : 'Choose an id from the list.'),
  })
}

/** For a dry run, which asks nothing. */
function withExamples(given: Given, known: Given): Given {
  const examples = examplesFor({ ...known, ...given })
  const list = Object.entries(examples).map(([field, value]) => `\n  --${field} ${value}`)
  if (list.length > 0) console.log(`Nothing is said about these, so the plan has examples:\n${list.join('')}\n`)
  return { ...examples, ...given }
}

function withoutQuestions(given: Given, known: Given): Answers {
  const empty = { 'zone-id': '', location: '', admin: '' }
  const answers = { ...empty, ...known, ...given }
  const problems = problemsOf(answers)
  if (problems.length > 0) throw new Refusal(problems.join('\n'))
  return answers as Answers
}

async function lookUp(account: Account, answers: Answers, names: Names): Promise<Found> {
  console.log('Checking what the account already has ...')
  return await account.look(names, answers.mail === 'email-service' ? (answers.from.split('@')[1] ?? '') : '')
}

async function refuseConflicts(answers: Answers, names: Names, found: Found | null, prompts: Prompts | null): Promise<void> {
  if (found === null) return
  const config = parse(readFileSync(CONFIG_FILE, 'utf8'))
  const conflicts = conflictsOf(config, names, found)
  if (conflicts.length > 0) {
    throw new Refusal(`${conflicts.join('\n')}\nChoose another name, for this Worker and its stores: npm run setup -- --worker <name>`)
  }
  const taken = await originConflict(answers.origin, found)
  if (taken === null) return
  // wrangler asks on a terminal before it takes over an address, and takes it over without asking elsewhere.
  if (!prompts || !process.stdin.isTTY || !process.stdout.isTTY)
    throw new Refusal(`${taken}\nRun setup on a terminal to take the address over, or choose another.`)
  console.log(`\n! ${taken}`)
}

async function enterSecrets({ secrets, entered, answers }: Situation, prompts: Prompts | null): Promise<void> {
  if (!prompts && secrets.toAsk.length > 0) {
    const names = secrets.toAsk.map(({ name }) => name).join(', ')
    throw new Refusal(`Missing: ${names}. Set them in the environment or in ${SECRETS_FILE}`)
  }
  for (const { name, isFile } of prompts ? secrets.toAsk : []) {
    if (!prompts) return
    const text = preview({ answers, names: namesOf(answers.worker), found: null, account: null, secrets, entered }).after
    const problem = (value: string) => workerProblems(text, { [name]: value }, []).find((line) => line.startsWith(`${name}:`)) ?? null
    entered[name] = await askSecret(prompts, name, isFile, problem)
  }
}

/** Everything that the Worker would refuse, before anything is done. */
function refuseProblems(situation: Situation): void {
  const { secrets, found, entered } = situation
  const later = [...secrets.toGenerate, ...secrets.toAsk.map(({ name }) => name).filter((name) => !(name in entered))]
  const problems = workerProblems(preview(situation).after, { ...secrets.values, ...entered }, [...later, ...(found?.secrets ?? [])])
  // The bucket's own address is known once the bucket exists.
  const real = problems.filter((problem) => !(situation.answers.pictures === 'r2.dev' && problem.startsWith('AVATARS_BASE_URL')))
  if (real.length > 0) throw new Refusal(`Kith would refuse to serve with these settings:\n\n  ${real.join('\n  ')}`)
}

function showPlan(situation: Situation, steps: readonly Step[], waitSeconds: number): void {
  const { answers, found } = situation
  const { text, after } = preview(situation)
  const lines = differences(text, after)
  if (found === null) console.log('\nNobody is logged in to Cloudflare here, so this plan assumes an empty account.')
  if (lines.length > 0) console.log(`\nIn wrangler.toml:\n\n${lines.map((line) => `  ${line}`).join('\n')}`)
  console.log(`\nPlan:\n\n${steps.map(({ title }, index) => `  ${String(index + 1).padStart(2)}. ${title}`).join('\n')}`)
  console.log(`  ${String(steps.length + 1).padStart(2)}. wait up to ${waitSeconds} s for ${answers.origin}/health`)
  if (answers.admin !== '')
    console.log(
      `  ${String(steps.length + 2).padStart(2)}. npm run operator -- promote ${answers.admin} --remote, once that account exists`,
    )
}

/** Returns what is left to do by hand. */
async function carryOut(steps: readonly Step[], waitSeconds: number, { origin }: Answers): Promise<string[]> {
  const todo: string[] = []
  for (const { title, run, otherwise } of steps) {
    console.log(`\n> ${title}`)
    try {
      await run()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (otherwise === undefined)
        throw new Refusal(
          `${error.message}\n\nSetup stopped here and keeps what is done. Fix the problem, then run npm run setup again to continue.`,
        )
      console.log(`${error.message}. Setup continues.`)
      todo.push(otherwise)
    }
  }
  await untilUp(origin, waitSeconds)
  return todo
}

function showNext({ answers, secrets }: Situation, todo: readonly string[], isAdministered: boolean): void {
  const { origin, admin } = answers
  const lines = [
    ...todo,
    ...(hasNew(secrets)
      ? [`Move ${SECRETS_FILE} to wherever you keep secrets. Without its keys, a backup of the database is useless`]
      : []),
    ...answers.providers.map(({ id }) => `Register the redirect URI ${origin}/upstream/${id}/callback with ${id}`),
    ...(isAdministered
      ? [`Sign in at ${origin}/sign-in, set up a second factor at ${origin}/account/two-step, then open the console at ${origin}/admin`]
      : [
          `Create your account at ${origin}/sign-up, verify its address, then: npm run operator -- promote ${admin || '<address>'} --remote`,
        ]),
    'Register your first app: docs/deploy.md, "OAuth clients"',
    'Commit wrangler.toml: it holds no secret',
  ]
  console.log(`\nKith is up at ${origin}\n\nNext:\n${lines.map((line) => `  - ${line}`).join('\n')}`)
}

function hasNew({ values, toGenerate, toAsk }: KnownSecrets): boolean {
  return Object.keys(values).length + toGenerate.length + toAsk.length > 0
}
