import { Component, h } from '../runtime.ts'

interface PictureProps {
  href: string
  title: string
  alt: string
  host: string
  /** Whether it stands in a link of the answer's, and is none itself. */
  inLink: boolean
}

/** A picture that leads to itself, or a link to it where it can't be loaded. */
class Picture extends Component<PictureProps, { loaded?: boolean; failed?: boolean }> {
  override render({ href, title, alt, host, inLink }: PictureProps) {
    const { loaded, failed } = this.state
    const shown = failed ? (
      `${alt} (\u2068${host}\u2069)`.trim()
    ) : (
      <img
        class={loaded ? 'picture' : 'picture unloaded'}
        src={href}
        // A link needs a name.
        alt={alt || host}
        title={title || undefined}
        loading="lazy"
        decoding="async"
        referrerPolicy="no-referrer"
        onLoad={() => this.setState({ loaded: true })}
        onError={() => this.setState({ failed: true })}
      />
    )
    if (inLink) return shown
    return (
      <a href={href} title={title || undefined} target="_blank" rel="noopener noreferrer nofollow ugc">
        {shown}
      </a>
    )
  }
}

export const showPicture = (props: PictureProps) => <Picture key={props.href} {...props} />
