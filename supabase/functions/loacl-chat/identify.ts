import type { KeyRing } from '@loacl/sealing'
import { SESSION_TOKEN, UUID, type IdentifyRequest } from '@loacl/wire'
import { readIdentityToken } from '../_shared/adapters/identity_token.ts'
import { CodedError } from '../_shared/domain/coded_error.ts'
import type { IdentityStore, Person } from '../_shared/domain/identity.ts'
import { openIdentitySecret } from '../_shared/domain/stored_secret.ts'
import { readJsonBody } from '../_shared/http/json_body.ts'
import { callerOf, type CallerDeps } from './caller.ts'

export interface IdentifyDeps extends CallerDeps {
  identities: IdentityStore
  keyRing: KeyRing
}

const MAX_BODY_BYTES = 16_384
const NO_STORE = { 'cache-control': 'no-store' }

/** `POST /identify`: the visitor's session becomes a person's, and its token another. */
export async function identify(request: Request, deps: IdentifyDeps): Promise<Response> {
  const caller = await callerOf(request, deps)
  const { assistantId, newToken, identityToken } = parse(await readJsonBody(request, MAX_BODY_BYTES))
  let person: Person
  if (identityToken !== undefined) person = { externalId: await provenBy(identityToken, assistantId, deps) }
  else if (caller.claims) person = { claims: caller.claims }
  else
    throw new CodedError(
      'invalid_body',
      'The request needs an "identityToken", or a user’s access token as its Bearer.',
    )
  const origin = request.headers.get('origin')
  return Response.json(await deps.identities.identify({ assistantId, origin, newToken, ...person }, caller), {
    headers: NO_STORE,
  })
}

/** `POST /sign-out`: the session's token is worth nothing from then on. */
export async function signOut(request: Request, deps: IdentifyDeps): Promise<Response> {
  // Whoever holds the token may give it up: with an access token that has run out as well.
  const caller = await callerOf(request, { ...deps, checkAccessToken: async () => ({}) })
  await deps.identities.signOut(caller)
  return new Response(null, { status: 204, headers: NO_STORE })
}

const invalid = (what: string) => new CodedError('invalid_body', what)

function parse(body: unknown): IdentifyRequest {
  if (typeof body !== 'object' || body === null) throw invalid('The body must be a JSON object.')
  const { assistantId, newToken, identityToken } = body as Record<string, unknown>
  if (typeof assistantId !== 'string' || !UUID.test(assistantId)) throw invalid('"assistantId" must be a UUID.')
  if (typeof newToken !== 'string' || !SESSION_TOKEN.test(newToken))
    throw invalid('"newToken" must be a session token: 32 random bytes as unpadded base64url.')
  if (identityToken === undefined) return { assistantId, newToken }
  if (typeof identityToken !== 'string') throw invalid('"identityToken" must be a string.')
  return { assistantId, newToken, identityToken }
}

async function provenBy(
  identityToken: string,
  assistantId: string,
  { identities, keyRing }: IdentifyDeps,
): Promise<string> {
  const sealed = await identities.readIdentitySecret(assistantId)
  if (!sealed)
    throw new CodedError('identity_unavailable', 'This assistant has no identity secret: its owner can make one.')
  const secret = await openIdentitySecret(keyRing, sealed, assistantId)
  return readIdentityToken(identityToken, secret, assistantId)
}
