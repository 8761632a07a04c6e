import type { TomlTable } from '../toml';
import type { Site } from './distribution';

/**
 * Logs show the client. Only the load balancer is believed when it names one. The access log is written when the valve has put the
 * load balancer's address back, so its pattern, which is the product's otherwise, asks for what the valve has noted.
 */
export function clientAddressToml(site: Pick<Site, 'proxies' | 'httpsPort'>): TomlTable {
  return {
    catalinaValves: {
      remoteIpValve: {
        enable: true,
        internalProxies: site.proxies,
        remoteIpHeader: 'x-forwarded-for',
        protocolHeader: 'x-forwarded-proto',
        proxiesHeader: 'x-forwarded-by',
        trustedProxies: '',
        // The valve would say 443 whatever the public port is.
        properties: { httpsServerPort: String(site.httpsPort) },
      },
    },
    http_access_log: {
      pattern:
        '%{org.apache.catalina.AccessLog.RemoteAddr}r %l %u %t %r %s %b &quot;%{Referer}i&quot; &quot;%{User-Agent}i&quot; %T',
    },
  };
}
