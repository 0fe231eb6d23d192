import { effect } from '@preact/signals-core'
import { Component, type ComponentChild, type ComponentClass } from 'preact'

/**
 * Makes a component of a view that reads signals: it renders again when one of those it read has changed, or a prop has.
 * (`@preact/signals` does this by patching Preact's options, which a page's own Preact would share.)
 */
export function reactive<P extends object>(view: (props: P) => ComponentChild): ComponentClass<P> {
  return class extends Component<P, { readonly version?: symbol }> {
    #stop = () => {}

    override render(props: P): ComponentChild {
      this.#stop()
      let output: ComponentChild
      let rendered = false
      this.#stop = effect(() => {
        if (rendered) this.setState({ version: Symbol() })
        else output = view(props)
        rendered = true
      })
      return output
    }

    override shouldComponentUpdate(props: Readonly<P>, state: object): boolean {
      return (
        state !== this.state ||
        Object.keys(props).some((name) => props[name as keyof P] !== this.props[name as keyof P])
      )
    }

    override componentWillUnmount(): void {
      this.#stop()
    }
  }
}
