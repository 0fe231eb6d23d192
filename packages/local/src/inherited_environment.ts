/**
 * What the environment gives every program: where it finds others and keeps its caches, its way to the network, and whom it
 * trusts there. None of these is anybody's secret of the project.
 */
const INHERITED = new RegExp(
  `^(${[
    'path|home|userprofile|localappdata|appdata|systemroot|tmpdir|temp|tmp|xdg_cache_home|xdg_config_home',
    'http_proxy|https_proxy|all_proxy|no_proxy',
    'node_extra_ca_certs|node_use_system_ca|node_use_env_proxy|ssl_cert_file|ssl_cert_dir',
    'deno_dir|deno_cert|deno_tls_ca_store',
    'npm_config_(registry|userconfig|cache|cafile|proxy|https_proxy|noproxy)',
  ].join('|')})$`,
  // Windows has PATH as Path; proxies and npm's settings are written either way everywhere.
  'i',
)

/** Of this process's environment, what a program is given that must not see the rest of it. */
export function inheritedEnvironment(): Record<string, string> {
  return {
    // Deno alone doesn't trust what the system does, such as the certificate authority of the network.
    DENO_TLS_CA_STORE: 'mozilla,system',
    ...Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        value !== undefined && INHERITED.test(name) ? [[name, value]] : [],
      ),
    ),
  }
}
