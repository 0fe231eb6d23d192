import { createHmac } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startStack, type Stack } from '../src/index.ts'

let stack: Stack
let sql: postgres.Sql

beforeAll(async () => {
  stack = await startStack()
  sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    create table public.ungranted (id int primary key);
    alter table public.ungranted enable row level security;
    insert into public.ungranted values (1);

    create table public.notes (id int primary key, author text not null);
    alter table public.notes enable row level security;
    grant select on public.notes to anon, service_role;
    create policy notes_select_own on public.notes for select to anon
      using (author = current_setting('request.headers', true)::json ->> 'x-author');
    insert into public.notes values (1, 'ada'), (2, 'bob');

    create function public.who() returns jsonb language sql as $$
      select jsonb_build_object('role', current_user, 'uid', auth.uid(), 'header', current_setting('request.headers', true)::json ->> 'x-author')
    $$;
    create function public.refuse() returns void language plpgsql as $$
    begin
      raise exception using errcode = 'PT429', message = 'rate_limited', detail = 'Too many.', hint = '1500';
    end $$;
    create function public.json_type(value jsonb) returns text language sql as $$ select jsonb_typeof(value) $$;
    create function public.typed(
      id uuid default null, flag boolean default null, at timestamptz default null, number integer default null,
      words text default null, list text[] default null, bytes bytea default null, value jsonb default null
    ) returns text language sql as $$
      select concat_ws(' ', id, flag, at, number, words, list, bytes, value)
    $$;
    create function public.sleep() returns void language sql as $$ select pg_sleep(10) $$;
    create function public.write() returns void language sql volatile as $$ insert into public.ungranted values (2) $$;
    notify pgrst, 'reload schema';
  `)
  // The Data API hears of the change a moment later, as on a hosted project.
  await vi.waitUntil(async () => (await rest('rpc/who', { method: 'POST' })).ok, { timeout: 10_000 })
})

afterAll(async () => {
  await sql?.end()
  await stack?.stop()
})

function rest(
  path: string,
  {
    key = stack.publishableKey,
    headers = {},
    ...init
  }: RequestInit & { key?: string | null; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${stack.apiUrl}/rest/v1/${path}`, {
    ...init,
    headers: { ...(key ? { apikey: key } : {}), 'content-type': 'application/json', ...headers },
  })
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function sign(claims: Record<string, unknown>, secret = stack.jwtSecret): string {
  const exp = Math.floor(Date.now() / 1000) + 3_600
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp, ...claims })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

describe('the local Data API', () => {
  it('gives no role a right that no migration gave, the secret key included', async () => {
    const anonymous = await rest('ungranted')
    expect(anonymous.status).toBe(401)
    expect(await anonymous.json()).toMatchObject({ code: '42501', message: 'permission denied for table ungranted' })
    expect((await rest('ungranted', { key: stack.secretKey })).status).toBe(403)
  })

  it('shows request headers to a policy of a plain select', async () => {
    expect(await (await rest('notes')).json()).toEqual([])
    expect(await (await rest('notes', { headers: { 'x-author': 'ada' } })).json()).toEqual([{ id: 1, author: 'ada' }])
  })

  it('keeps the headers of concurrent requests apart', async () => {
    const authors = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'ada' : 'bob'))
    const answers = await Promise.all(
      authors.map(
        async (author) =>
          ((await (await rest('notes', { headers: { 'x-author': author } })).json()) as { author: string }[])[0]
            ?.author,
      ),
    )
    expect(answers).toEqual(authors)
  })

  it('lets the secret key past row security, and the publishable key not', async () => {
    expect(await (await rest('notes', { key: stack.secretKey })).json()).toHaveLength(2)
    expect(await (await rest('rpc/who', { method: 'POST' })).json()).toMatchObject({ role: 'anon', uid: null })
    expect(await (await rest('rpc/who', { method: 'POST', key: stack.secretKey })).json()).toMatchObject({
      role: 'service_role',
    })
  })

  it('answers nobody without a key: admin mode is off', async () => {
    for (const path of ['notes', 'ungranted', 'rpc/who']) {
      const response = await rest(path, { key: null })
      expect(response.status).toBe(401)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
    }
    expect((await rest('notes', { key: `${stack.publishableKey}x` })).status).toBe(401)
  })

  it('takes a signed-in user from a token, and refuses a forged or garbled one', async () => {
    const sub = '6f1f0f6e-0c0c-4a55-9a51-6f2c4bd6ff01'
    const token = sign({ sub, role: 'authenticated' })
    const signedIn = await rest('rpc/who', { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    expect(await signedIn.json()).toMatchObject({ role: 'authenticated', uid: sub })

    const forged = sign({ sub, role: 'service_role' }, 'another secret of thirty-two bytes!')
    for (const bearer of [forged, 'garbled', 'a.b.c']) {
      const response = await rest('rpc/who', { method: 'POST', headers: { authorization: `Bearer ${bearer}` } })
      expect(response.status).toBe(401)
    }
  })

  it('turns what SQL raises into the status and body that PostgREST gives it', async () => {
    const response = await rest('rpc/refuse', { method: 'POST' })
    expect(response.status).toBe(429)
    expect(await response.json()).toEqual({
      code: 'PT429',
      message: 'rate_limited',
      details: 'Too many.',
      hint: '1500',
    })
  })

  it('hands JSON arguments over as JSON', async () => {
    const cases: [unknown, string][] = [
      [{ a: [1, null] }, 'object'],
      [[1, 'x'], 'array'],
      ['text', 'string'],
      [7, 'number'],
      [true, 'boolean'],
    ]
    for (const [value, type] of cases) {
      const response = await rest('rpc/json_type', { method: 'POST', body: JSON.stringify({ value }) })
      expect(await response.json()).toBe(type)
    }
  })

  it.each([
    // What PostgreSQL reads of it, or the code of its refusal.
    ['id', 5, '22P02'],
    ['id', true, '22P02'],
    ['id', ['6f1f0f6e-0c0c-4a55-9a51-6f2c4bd6ff01'], '22P02'],
    ['id', {}, '22P02'],
    ['flag', 5, '22P02'],
    ['flag', 'x', '22P02'],
    ['flag', false, 'f'],
    ['flag', 'yes', 't'],
    ['at', 'x', '22007'],
    ['at', 5, '22007'],
    ['at', {}, '22007'],
    ['at', true, '22007'],
    ['at', '2026-01-02T03:04:05Z', '2026-01-02 03:04:05+00'],
    ['number', 'x', '22P02'],
    ['number', 1.5, '22P02'],
    ['number', 3_000_000_000, '22003'],
    ['number', [1], '22P02'],
    ['number', '7', '7'],
    ['words', true, 'true'],
    ['words', 7, '7'],
    ['words', { a: 1 }, '{"a":1}'],
    ['words', ['a'], '["a"]'],
    ['list', 'x', '22P02'],
    ['list', { a: 1 }, '22P02'],
    ['list', ['a', 'b c'], '{a,"b c"}'],
    ['list', '{a,b}', '{a,b}'],
    ['bytes', '\\x0102', '\\x0102'],
    ['bytes', 5, '\\x35'],
    ['value', '7', '"7"'],
    ['value', 'true', '"true"'],
    ['value', [1], '[1]'],
    ['value', false, 'false'],
    ['number', null, ''],
    ['value', null, ''],
  ])('reads the argument %s: %j as %s', async (name, value, outcome) => {
    const response = await rest('rpc/typed', { method: 'POST', body: JSON.stringify({ [name]: value }) })
    const body = (await response.json()) as string | { code: string }
    expect(response.status).toBe(typeof body === 'string' ? 200 : 400)
    expect(typeof body === 'string' ? body : body.code).toBe(outcome)
  })

  it('ends an anonymous statement after three seconds', async () => {
    const response = await rest('rpc/sleep', { method: 'POST' })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: '57014' })
  })

  it('writes nothing on GET', async () => {
    const response = await rest('rpc/write', { key: stack.secretKey })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await sql`select from public.ungranted`).toHaveLength(1)
  })

  it('shows no schema that is not exposed', async () => {
    for (const schema of ['loacl_private', 'auth', 'storage', 'pg_catalog"'])
      expect((await rest('users', { headers: { 'accept-profile': schema }, key: stack.secretKey })).status).toBe(406)
  })

  it('answers a preflight for any header, without a key', async () => {
    const response = await rest('rpc/who', {
      method: 'OPTIONS',
      key: null,
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'apikey,x-loacl-session',
      },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-headers')).toBe('apikey,x-loacl-session')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('serves none of the tools that lite has for developers', async () => {
    for (const path of ['/', '/config', '/introspect', '/_supalite', '/pg-meta'])
      expect((await fetch(stack.apiUrl + path, { headers: { apikey: stack.secretKey } })).status).toBe(404)
  })
})

describe('the database', () => {
  it('has the roles of a hosted project, and an owner who is no superuser', async () => {
    const roles = await sql<{ rolname: string; rolsuper: boolean; rolbypassrls: boolean; rolcanlogin: boolean }[]>`
      select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles
      where rolname in ('anon', 'authenticated', 'service_role', 'postgres') order by rolname
    `
    expect(
      roles.map(({ rolname, rolsuper, rolbypassrls, rolcanlogin }) => [rolname, rolsuper, rolbypassrls, rolcanlogin]),
    ).toEqual([
      ['anon', false, false, false],
      ['authenticated', false, false, false],
      ['postgres', false, true, true],
      ['service_role', false, true, false],
    ])
  })

  it('lets nobody in without the password', async () => {
    const url = new URL(stack.dbUrl)
    url.password = 'wrong'
    const stranger = postgres(url.href, { max: 1 })
    await expect(stranger`select 1`).rejects.toMatchObject({ code: '28P01' })
    await stranger.end()
  })
})

describe('Storage', () => {
  it('keeps files on disk, for those who may see them', async () => {
    const object = `${stack.apiUrl}/storage/v1/object/papers/a/b.txt`
    const headers = { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` }
    const json = { ...headers, 'content-type': 'application/json' }
    const bucket = await fetch(`${stack.apiUrl}/storage/v1/bucket`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ id: 'papers', name: 'papers' }),
    })
    expect(bucket.status).toBe(200)
    const upload = await fetch(object, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/plain' },
      body: 'hello',
    })
    expect(upload.status).toBe(200)
    const download = await fetch(object, { headers })
    expect(await download.text()).toBe('hello')
    expect(download.headers.get('content-type')).toBe('text/plain')
    expect((await fetch(object, { headers: { apikey: stack.publishableKey } })).ok).toBe(false)
    const removal = { method: 'DELETE', headers: json, body: JSON.stringify({ prefixes: ['a/b.txt'] }) }
    expect((await fetch(`${stack.apiUrl}/storage/v1/object/papers`, removal)).status).toBe(200)
    expect((await fetch(object, { headers })).ok).toBe(false)
  })
})
