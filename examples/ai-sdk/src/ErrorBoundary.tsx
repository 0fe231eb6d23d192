import { Component, type ReactNode } from 'react'

/** Shows why a conversation could not be loaded. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error?: Error }> {
  state: { error?: Error } = {}

  static getDerivedStateFromError = (error: Error) => ({ error })

  render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <main>
        <p role="alert">
          {error.message} <button onClick={() => this.setState({ error: undefined })}>Try again</button>
        </p>
      </main>
    )
  }
}
