import { errors, jwtVerify } from 'jose'
import { CodedError } from '../domain/coded_error.ts'

const LONGEST_LIFE_SECONDS = 3_600
const CLOCK_SKEW_SECONDS = 30

const invalid = (message: string, cause?: unknown) => new CodedError('identity_token_invalid', message, { cause })

/**
 * Reads an identity token: a JWT that a site's server signed with its assistant's identity secret, by HS256 and no other
 * algorithm. It must name the assistant (`aud`), the visitor (`sub`, 1 to 255 characters), when it was signed (`iat`)
 * and when it ends (`exp`, an hour later at most).
 *
 * @returns `sub`: the site's own id of the visitor
 * @throws CodedError `identity_token_invalid`, `identity_token_expired`
 */
export async function readIdentityToken(token: string, secret: string, assistantId: string): Promise<string> {
  const { sub = '', iat = 0, exp = 0 } = await verify(token, secret, assistantId)
  if (exp - iat > LONGEST_LIFE_SECONDS) throw invalid('The identity token ends more than an hour after it was signed.')
  // PostgreSQL's text can't hold U+0000, and an unpaired surrogate has no UTF-8 form.
  if (typeof sub !== 'string' || !/^[^\0]{1,255}$/su.test(sub) || !sub.isWellFormed())
    throw invalid('"sub" of the identity token must be a string of 1 to 255 characters.')
  return sub
}

async function verify(token: string, secret: string, assistantId: string) {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      audience: assistantId,
      requiredClaims: ['sub', 'iat', 'exp'],
      // Refuses as well what says that it was signed in the future.
      maxTokenAge: LONGEST_LIFE_SECONDS,
      clockTolerance: CLOCK_SKEW_SECONDS,
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new CodedError('identity_token_expired', 'The identity token has expired.')
    if (error instanceof errors.JWTClaimValidationFailed)
      throw invalid(`"${error.claim}" of the identity token is missing or wrong.`, error)
    throw invalid('The identity token is not signed by HS256 with the secret of this assistant.', error)
  }
}
