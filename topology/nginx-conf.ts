import { REPEATED_PREFIX } from './denied-paths';
import { connectionLimits, requestLimits, TOO_MANY_REQUESTS } from './nginx-limits';
import {
  deniedLocation,
  drainLocation,
  onlyFrom,
  probeLocation,
  replayable,
  replayableLocation,
  upstream,
} from './nginx-locations';
import { PASSED_ON, PRINTED_ERRORS, PRINTED_REQUESTS } from './nginx-logs';
import { NAMES_IN_HTTP, SHOWS_TOKEN, UNLESS_LEAVING } from './nginx-names';
import type { NginxConfProps } from './nginx-props';
import { rateLimits, rateVariables } from './nginx-rates';
import {
  ONLY_NODE,
  ONLY_NODE_STATUS,
  routeOfRequest,
  routingVariables,
  SECOND_ATTEMPT,
  SECOND_ATTEMPT_LOCATIONS,
  SEND_TO_ROUTE,
} from './nginx-routing';
import { publicTls } from './nginx-tls';
import { CERTIFICATES_PATH } from './volumes';

/**
 * Headers that the product believes and that are nobody's here. X-SSL-CERT: its Tomcat takes what is in it for the certificate of the
 * connection, without a proof of the key, and whoever has one is the user that WSO2-Identity-User names. The others are a client's
 * address: looked for where there is no X-Forwarded-For, which Tomcat takes away when it has used it, and the login of the SOAP
 * services looks into the last two first. More have an underscore, which Nginx lets nobody send.
 */
const REMOVED_HEADERS = [
  ...['X-SSL-CERT', 'WSO2-Identity-User'],
  ...['Proxy-Client-IP', 'WL-Proxy-Client-IP', 'X-Originating-IP', 'X-IP'],
];

/** Header by which a node learns the verified client certificate. The accelerator compares the name with its case. */
export const CLIENT_CERTIFICATE_HEADER = 'x-wso2-mutual-auth-cert';

/** Intermediate authorities that may stand between a client certificate and its root; Nginx's default of 1 is short for eIDAS. */
const CLIENT_CHAIN_DEPTH = 3;

/** A reload leaves idle connections open that are younger. Until then a request on one of them is served by the configuration before. */
export const KEEPALIVE_MIN_SECONDS = 10;

/**
 * The whole nginx.conf. Ejection is off (`max_fails=0`): with two nodes one slow request could otherwise eject both. Readiness
 * is decided by the probes in routing.js; failover to the next node is the second line.
 */
export function renderNginxConf(props: NginxConfProps): string {
  const clientCertificates = props.clientAuthorities !== undefined;
  return `# Generated. Change the environment's TOML file instead.
load_module modules/ngx_http_js_module.so;
worker_processes ${props.capacity.workers};
worker_shutdown_timeout ${props.readTimeoutSeconds + 5}s;
pid /tmp/nginx.pid;
${PRINTED_ERRORS}
events {
  worker_connections ${props.capacity.connectionsPerWorker};
}

http {
${routingVariables(props)}${props.nodesByName ? NAMES_IN_HTTP : ''}${clientCertificates ? CLIENT_CERTIFICATE_SCRIPT : ''}
  # A client that has gone, or speaks HTTP/0.9, has 000 or 009, which is no number in JSON.
  map $status $answered {
    "~^0+(?<digit>\\d)$" $digit;
    default $status;
  }
  # The query is left out: authorization requests carry personal data in it.
  log_format requests escape=json
    '{"time":"$time_iso8601","request_id":"$request_id","client":"$remote_addr","method":"$request_method",'
    '"path":"$uri","status":$answered,"bytes":$body_bytes_sent,"seconds":$request_time,"route":"$route",'
    '"upstream":"$upstream_addr","upstream_status":"$upstream_status","upstream_seconds":"$upstream_response_time",'
    '"tls":"$ssl_protocol"${clientCertificates ? CLIENT_CERTIFICATE_LOG : ''}}';
${PRINTED_REQUESTS}  server_tokens off;

  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  # A reload closes idle connections at once unless they are this young; clients would see that as a failed request.
  keepalive_min_timeout ${KEEPALIVE_MIN_SECONDS}s;
${connectionLimits(props)}${rateVariables(props.rateLimit)}
${publicTls(props)}
  proxy_http_version 1.1;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 2;
  proxy_ssl_trusted_certificate ${CERTIFICATES_PATH}/ca.crt;
  # In every certificate that a node has ever had; the public name may be about to change.
  proxy_ssl_name localhost;
  proxy_ssl_server_name on;
  proxy_ssl_protocols TLSv1.2 TLSv1.3;
  # Covers the TLS handshake too, which a busy server may take a second for; where there is another, that one is tried after it.
  proxy_connect_timeout 1500ms;
  proxy_send_timeout ${props.readTimeoutSeconds}s;
  proxy_read_timeout ${props.readTimeoutSeconds}s;
  # An answer that is larger waits at the node until its client has taken this much of it.
  proxy_buffer_size 64k;
  proxy_buffers 8 16k;
  proxy_busy_buffers_size 64k;
  proxy_max_temp_file_size 0;
  proxy_next_upstream error timeout;
  # Of others, one may be out of rotation.
  proxy_next_upstream_tries ${Math.min(props.nodes.length, 3)};

  # Every header that a node trusts is set or removed here, so that no client can forge it.
  proxy_set_header Host ${publicHost(props)};
  proxy_set_header Connection "";
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host ${publicHost(props)};
  proxy_set_header X-Forwarded-Server ${props.hostname};
  proxy_set_header X-Forwarded-Port ${props.httpsPort};
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header Forwarded "";
  proxy_set_header X-Original-URL "";
  proxy_set_header X-Original-Host "";
${REMOVED_HEADERS.map((name) => `  proxy_set_header ${name} "";`).join('\n')}
  proxy_set_header ${CLIENT_CERTIFICATE_HEADER} ${clientCertificates ? '$client_certificate' : '""'};
${props.nodesByName ? `  ${SHOWS_TOKEN}` : ''}
${props.nodes.map((node) => upstream(node, props)).join('\n')}
  server {
    listen ${props.httpPort} default_server;
    server_name _;
${PASSED_ON}    location / {
      return 301 ${publicUrl(props)}$request_uri;
    }
  }

  # A client that asks for another name gets no certificate; one that asks for another name only inside the connection, no answer.
  server {
    listen ${props.httpsPort} ssl default_server;
    ssl_reject_handshake on;
${PASSED_ON}    return 421;
  }

  server {
    listen ${props.httpsPort} ssl;
    http2 on;
    server_name ${props.hostname};
${PASSED_ON}    ssl_certificate ${props.certificateFile};
    ssl_certificate_key ${props.keyFile};
${clientCertificates ? CLIENT_CERTIFICATE_VERIFICATION : ''}${props.clientRevocations === undefined ? '' : CLIENT_REVOCATIONS}    add_header Strict-Transport-Security "max-age=63072000" always;
${routeOfRequest(props)}    error_page 503 @unavailable;
    error_page ${ONLY_NODE_STATUS} = @only_node;
${SECOND_ATTEMPT}    # One that has come this far has its page for too many requests all the same. No page leads back.
    recursive_error_pages on;
${requestLimits(props)}${rateLimits(props.rateLimit)}
    # Tomcat drops ";x" from every segment of a path before it resolves ".." and looks for the application, so "/;x/carbon" and
    # "/a/.;/../carbon" would pass by a denied prefix. Only the last segment legitimately carries a parameter, ";jsessionid".
    if ($request_uri ~* "^[^?;%]*(?:%(?!3b)[^?;%]*)*(?:;|%3b)[^?]*/") {
      return 400;
    }
    if ($uri ~ "^[^;]*;.*/") {
      return 400;
    }
    if ($uri ~ "${REPEATED_PREFIX}") {
      return 400;
    }

    location = /load-balancer-health {
      access_log off;
      default_type text/plain;
${props.nodesByName ? UNLESS_LEAVING : ''}      return 200 "ok\\n";
    }
${props.deniedPaths.map(deniedLocation).join('')}${replayable(props).map(replayableLocation).join('')}
    location / {
${SEND_TO_ROUTE}    }
${ONLY_NODE}${SECOND_ATTEMPT_LOCATIONS}${TOO_MANY_REQUESTS}
    location @unavailable {
      internal;
      default_type text/html;
      add_header Retry-After 5 always;
      add_header Strict-Transport-Security "max-age=63072000" always;
      return 503 "<!doctype html><title>Temporarily unavailable</title><h1>Temporarily unavailable</h1><p>No identity server is ready. Please try again in a few seconds.</p>\\n";
    }
  }

  # Not published: probes, drain requests of the nodes, status.
  server {
    listen ${props.controlPort};
${PASSED_ON}    access_log off;

    location @probes {
${props.nodes.map((_, index) => `      js_periodic routing.probe${index + 1} interval=1s;\n`).join('')}    }
${props.nodes.map((node) => probeLocation(node, props)).join('')}${props.nodes.map((node) => drainLocation(node, props)).join('')}
    location = /status {
${props.subnet === undefined ? '' : onlyFrom('127.0.0.1', props.subnet)}      js_content routing.status;
    }

    location / {
      return 404;
    }
  }
}
`;
}

const CLIENT_CERTIFICATE_SCRIPT = `  js_import certificate from client-certificate.js;
  js_set $client_certificate certificate.verified;
`;

/** NONE, SUCCESS, or FAILED with the reason: the log's only trace of a refused certificate. */
const CLIENT_CERTIFICATE_LOG = ',"client_certificate":"$ssl_client_verify"';

const CLIENT_CERTIFICATE_VERIFICATION = `    # A browser has none and is served as ever; a certificate that does not verify is answered with 400.
    ssl_verify_client optional;
    ssl_client_certificate client-ca.pem;
    ssl_verify_depth ${CLIENT_CHAIN_DEPTH};
`;

const CLIENT_REVOCATIONS = `    # Every authority of a chain is asked for its list; without a valid one nobody's certificate verifies.
    ssl_crl client-crl.pem;
`;

/** The URL that users see: no port where it is the scheme's own. */
export function publicUrl({ hostname, httpsPort }: Pick<NginxConfProps, 'hostname' | 'httpsPort'>): string {
  return httpsPort === 443 ? `https://${hostname}` : `https://${hostname}:${httpsPort}`;
}

/** What a client sends as Host: no port where it is the scheme's own. */
function publicHost(props: NginxConfProps): string {
  return publicUrl(props).replace('https://', '');
}
