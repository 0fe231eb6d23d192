import { startWorld, type World } from './world.ts'

/** One world after the other: the next one where something has struck that its stack did not live through. */
export class Worlds {
  readonly #options: Parameters<typeof startWorld>[0]
  #world: World | null = null
  /** Of all of them. */
  readonly breakdowns: string[] = []

  constructor(options: Parameters<typeof startWorld>[0] = {}) {
    this.#options = options
  }

  async current(): Promise<World> {
    if (this.#world?.hasDied) await this.stop()
    return (this.#world ??= await startWorld(this.#options))
  }

  async stop(): Promise<void> {
    const world = this.#world
    this.#world = null
    await world?.stop()
    this.breakdowns.push(...(world?.breakdowns ?? []))
  }
}
