import type { Identified } from '@loacl/wire'
import type { Caller, UserClaims } from './store.ts'

/** An identity secret as it is stored. `provider` names its assistant: part of the seal. */
export interface SealedIdentitySecret {
  secretId: string
  ownerId: string
  provider: string
  keyId: string
  ciphertext: string
}

/** Who a visitor has been proved to be: one of the two. */
export type Person = { externalId: string } | { claims: UserClaims }

/** Where sessions are bound to persons. Every method rejects with a `CodedError`. */
export interface IdentityStore {
  /** `null` where the assistant has none. */
  readIdentitySecret(assistantId: string): Promise<SealedIdentitySecret | null>
  /** Binds the caller's session to a person and puts `newToken` in the place of their token, in one transaction. */
  identify(
    request: { assistantId: string; origin: string | null; newToken: string } & Person,
    caller: Caller,
  ): Promise<Identified>
  /** Forgets the caller's token. */
  signOut(caller: Caller): Promise<void>
}
