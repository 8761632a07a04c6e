// js_set $client_certificate: the client's certificate, where Nginx has verified it, else nothing: PEM on one line without spaces.
// Identity Server decodes it strictly and knows no URL encoding, so Nginx's own $ssl_client_escaped_cert, which the deployment
// guide passes on, ends in an error there (product-is issue 20229).
function verified(r) {
  if (r.variables.ssl_client_verify !== 'SUCCESS') return '';
  return r.variables.ssl_client_raw_cert.replace(/[\r\n]/g, '');
}

export default { verified };
