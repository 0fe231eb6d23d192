import { Alert, h, type PartPlace } from '../runtime.ts'

/** Calls of tools, by a feature of their own. The visitor may be asked for something there: where it does not come, that is said. */
export function viewTools(props: PartPlace) {
  const { features, words } = props.ui
  const { loaded, failed, load } = features.tools
  if (failed) return <Alert text={words.errors.network} action={words.tryAgain} onPress={load} />
  void load()
  return loaded?.viewCalls(props)
}
