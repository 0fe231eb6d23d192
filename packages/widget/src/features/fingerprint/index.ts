import { load } from '@fingerprintjs/fingerprintjs'

/** A hash of what this browser and its device say about themselves. Made here: nobody else is asked or told. */
export async function fingerprint(): Promise<string> {
  const agent = await load({ monitoring: false })
  return (await agent.get()).visitorId
}
