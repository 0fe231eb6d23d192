// `node scripts/build.mjs widget`: builds one package, with the Node and the tools of this workspace.
import { pnpm } from './install.mjs'
import { forgetWidgetBuilt, noteWidgetBuilt, widgetSources } from './widget_sources.mjs'

const [name] = process.argv.slice(2)
const sources = widgetSources()
if (name === 'widget') forgetWidgetBuilt()
const { status, error } = pnpm('--filter', `@loacl/${name}`, 'run', 'build')
if (error) console.error(`npx could not be run: ${error.message}`)
else if (status === 0 && name === 'widget') noteWidgetBuilt(sources)
process.exitCode = status ?? 1
