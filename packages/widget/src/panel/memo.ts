import { Component, type ComponentChildren, type ComponentClass } from 'preact'

/** A component that renders again only when one of its props is another value. */
export function memo<P extends object>(view: (props: P) => ComponentChildren): ComponentClass<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(props: Readonly<P>): boolean {
      return Object.keys(props).some((name) => props[name as keyof P] !== this.props[name as keyof P])
    }

    override render(props: P): ComponentChildren {
      return view(props)
    }
  }
}
