import type { NginxConfProps } from '../../../topology/nginx-props';
import { publicTls } from '../../../topology/nginx-tls';
import { CERTIFICATES_PATH } from '../../../topology/volumes';

/**
 * The nginx.conf that a team writes for two nodes: one upstream, the usual headers, no script, no log, no affinity, no limits. TLS, workers,
 * buffers and upstream connections are those of ours, so that what is left is what ours adds to a request.
 */
export function staticNginxConf(props: NginxConfProps): string {
  return `worker_processes ${props.capacity.workers};
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections ${props.capacity.connectionsPerWorker};
}

http {
  access_log off;
  server_tokens off;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  keepalive_timeout 60s;
${publicTls(props)}
  proxy_http_version 1.1;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 2;
  proxy_ssl_trusted_certificate ${CERTIFICATES_PATH}/ca.crt;
  proxy_ssl_name localhost;
  proxy_ssl_server_name on;
  proxy_ssl_protocols TLSv1.2 TLSv1.3;
  proxy_buffer_size 64k;
  proxy_buffers 8 16k;
  proxy_busy_buffers_size 64k;
  proxy_set_header Host $host;
  proxy_set_header Connection "";
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;

  upstream nodes {
    zone nodes 64k;
${props.nodes.map(({ address }) => `    server ${address}:${props.nodePort} max_fails=0;\n`).join('')}    keepalive 32;
    keepalive_timeout 30s;
    keepalive_requests 150;
  }

  server {
    listen ${props.httpsPort} ssl;
    http2 on;
    server_name ${props.hostname};
    ssl_certificate ${props.certificateFile};
    ssl_certificate_key ${props.keyFile};
    location / {
      proxy_pass https://nodes;
    }
  }
}
`;
}

/** A node that costs nothing: what Nginx itself uses for a request does not hang on who answers it. */
export function nodeNginxConf({ nodePort, healthPath }: NginxConfProps): string {
  return `worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {
  worker_connections 4096;
}
http {
  access_log off;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  keepalive_requests 100000;
  server {
    listen ${nodePort} ssl;
    ssl_certificate ${CERTIFICATES_PATH}/node.crt;
    ssl_certificate_key ${CERTIFICATES_PATH}/node.key;
    default_type text/plain;
    location = ${healthPath} {
      return 200 "healthy\\n";
    }
    location / {
      return 200 "${'x'.repeat(1023)}\\n";
    }
  }
}
`;
}
