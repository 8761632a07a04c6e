import { merge, type TomlTable } from '../toml';
import type { AcceleratorRelease } from './accelerator-template';
import type { Site } from './distribution';

/**
 * What the accelerator's template sets in deployment.toml, apart from what the topology owns (host, administrator, databases,
 * stores, proxy ports). The parity test compares it with every template key by key.
 */
export const financialServicesToml = {
  base: (site: Site, release: AcceleratorRelease): TomlTable =>
    merge(platform(site), access(release), oauth(site), ACCELERATOR, consent(site), EVENTS, RELEASES[release]),
  /** The names under which a server of this accelerator presents itself. */
  identification: (version: string): TomlTable => ({
    server: { serverDetails: `WSO2 IS as KM ${version}`, userAgent: `WSO2 IS as KM ${version}` },
  }),
  /** The checks of a client registration. */
  validators: ({ withoutSsaJti }: { withoutSsaJti: boolean }): TomlTable => ({
    financial_services: { app_registration: { dcr: { validators: { validator: validators(withoutSsaJti) } } } },
  }),
  ciphers: [
    'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  ],
};

const ACCELERATOR_PACKAGE = 'org.wso2.financial.services.accelerator';
const IDENTITY_EXTENSIONS = `${ACCELERATOR_PACKAGE}.identity.extensions`;
const CONSENT_EXTENSIONS = `${ACCELERATOR_PACKAGE}.consent.mgt.extensions`;
const EVENT_SERVICE = `${ACCELERATOR_PACKAGE}.event.notifications.service`;
const ACCESS_SCOPES = ['accounts', 'payments', 'fundsconfirmations'];

/** Users, authentication and the HTTPS connector. */
function platform(site: Site): TomlTable {
  const endpoint = (page: string) => `${site.url}/authenticationendpoint/${page}.do`;
  return {
    server: { base_path: site.url, mode: 'single' },
    tenant_mgt: { enable_email_domain: true },
    realm_manager: { data_source: 'WSO2USER_DB' },
    user_store: {
      type: 'database_unique_id',
      class: 'org.wso2.carbon.user.core.jdbc.UniqueIDJDBCUserStoreManager',
      properties: {
        // Without its opening bracket, as upstream has it.
        UsernameJavaRegEx: 'a-zA-Z0-9@._-{3,30}$',
        UsernameJavaScriptRegEx: '^[a-zA-Z0-9._-]+@[a-zA-Z0-9.-]+\\.[a-zA-Z]{2,4}$',
        SCIMEnabled: false,
        IsBulkImportSupported: false,
        LeadingOrTrailingSpaceAllowedInUserName: false,
        UsernameWithEmailJavaScriptRegEx: '^[\\S]{3,30}$',
      },
    },
    authorization_manager: {
      class: 'org.wso2.carbon.user.core.authorization.JDBCAuthorizationManager',
      properties: {
        AdminRoleManagementPermissions: '/permission',
        AuthorizationCacheEnabled: true,
        GetAllRolesOfUserEnabled: false,
      },
    },
    authentication: {
      endpoints: { login_url: endpoint('login'), retry_url: endpoint('retry') },
      endpoint: {
        redirect_params: {
          filter_policy: 'include',
          remove_on_consume_from_api: 'true',
          parameters: ['sessionDataKeyConsent', 'relyingParty', 'authenticators', 'authFailureMsg', 'authFailure'],
        },
      },
      authenticator: {
        sms_otp: {
          parameters: { EnableAccountLockingForFailedAttempts: true, BackupCode: false, TokenExpiryTime: 60 },
        },
      },
    },
    // The schema job has created the schemas before the first start.
    identity_data_source: { skip_db_schema_creation: true },
    application_mgt: { enable_role_validation: true },
    role_mgt: { allow_system_prefix_for_role: true },
    transport: { https: { properties: { maxHttpHeaderSize: '65536' } } },
  };
}

/** Who may call the accelerator's own APIs. The first rule that matches decides, so the order counts. */
function access(release: AcceleratorRelease): TomlTable {
  const administratorsOnly = (api: string) => ({
    context: `(.*)/api/fs/${api}/(.*)`,
    http_method: 'all',
    secure: 'true',
    allowed_auth_handlers: ['BasicAuthentication'],
    permissions: ['/permission/admin'],
    ...(release === '4.0.1' && { scopes: ['ob-internal-api-access'] }),
  });
  return {
    resource: {
      access_control: [
        // The consent portal comes with a bearer token.
        { context: '(.*)/api/fs/consent/admin/(.*)', http_method: 'all', secure: 'true' },
        administratorsOnly('consent'),
        { context: '(.*)/fs/authenticationendpoint/(.*)', http_method: 'all', secure: 'false' },
        administratorsOnly('event-notifications'),
        { context: '(.*)/consentmgr/(.*)', http_method: 'GET, DELETE', secure: 'false' },
        {
          context: '(.*)/scim2/Me',
          http_method: 'GET',
          secure: true,
          cross_tenant: true,
          permissions: [],
          scopes: [],
        },
      ],
    },
  };
}

function oauth(site: Site): TomlTable {
  const consentPage = (page: string) => `${site.url}/fs/authenticationendpoint/${page}.do`;
  const responseType = (name: string, handler: string) => ({
    name,
    class: `${IDENTITY_EXTENSIONS}.auth.extensions.response.handler.${handler}`,
  });
  const grant = (handler: string) => ({ enable: true, grant_handler: handler });
  const acceleratorGrant = (name: string) => grant(`${IDENTITY_EXTENSIONS}.grant.type.handlers.FS${name}GrantHandler`);
  const productGrant = (name: string) =>
    grant(`org.wso2.carbon.identity.oauth2.token.handlers.grant.${name}GrantHandler`);
  return {
    oauth: {
      drop_unregistered_scopes: true,
      authorize_all_scopes: true,
      endpoints: {
        v2: { oauth2_consent_page: consentPage('oauth2_authz'), oidc_consent_page: consentPage('oauth2_consent') },
      },
      token_generation: { access_token_type: 'self_contained' },
      // The built-in `code` is off because the accelerator brings its own below.
      response_type: {
        code: { enable: false },
        device: { enable: true },
        id_token: { enable: true },
        id_token_token: { enable: false },
        token: { enable: true },
      },
      custom_response_type: [
        responseType('code', 'FSCodeResponseTypeHandlerExtension'),
        responseType('code id_token', 'FSHybridResponseTypeHandlerExtension'),
      ],
      grant_type: {
        refresh_token: acceleratorGrant('Refresh'),
        authorization_code: acceleratorGrant('AuthorizationCode'),
        password: productGrant('Password'),
        client_credentials: productGrant('ClientCredentials'),
      },
      dcr: {
        enable_fapi_enforcement: true,
        // The product's spelling. This is the test directory of Open Banking UK; a real directory is a deployment's own.
        ssa_jkws: 'https://keystore.openbankingtest.org.uk/0015800001HQQrZAAX/0015800001HQQrZAAX.jwks',
      },
      oidc: {
        id_token: { signature_algorithm: 'PS256' },
        enable_hybrid_flow_app_level_validation: false,
        enable_claims_separation_for_access_tokens: false,
        token_endpoint: { signing_algorithms: ['PS256', 'ES256'] },
        user_info: { jwt_signature_algorithm: 'PS256' },
        extensions: {
          claim_callback_handler: `${IDENTITY_EXTENSIONS}.claims.FSDefaultOIDCClaimsCallbackHandler`,
          request_object_validator: `${IDENTITY_EXTENSIONS}.auth.extensions.request.validator.FSRequestObjectValidationExtension`,
        },
      },
      mutualtls: { client_certificate_header: 'x-wso2-mutual-auth-cert' },
      jwks_endpoint: { read_timeout: 5000 },
    },
  };
}

const EXTENSION_POINTS = [
  'pre_process_client_creation',
  'pre_process_client_update',
  'pre_process_client_retrieval',
  'pre_process_consent_creation',
  'enrich_consent_creation_response',
  'pre_process_consent_file_upload',
  'enrich_consent_file_response',
  'pre_process_consent_retrieval',
  'validate_consent_file_retrieval',
  'pre_process_consent_revoke',
  'enrich_consent_search_response',
  'populate_consent_authorize_screen',
  'persist_authorized_consent',
  'validate_consent_access',
  'issue_refresh_token',
  'validate_authorization_request',
  'validate_event_subscription',
  'enrich_event_subscription_response',
  'validate_event_creation',
  'validate_event_polling',
  'enrich_event_polling_response',
  'map_accelerator_error_response',
];

/** A member of a client's registration request. */
const parameter = (
  name: string,
  key: string,
  { required = true, answered = true, allowed }: { required?: boolean; answered?: boolean; allowed?: string[] } = {},
): TomlTable => ({
  name,
  key,
  required,
  include_in_response: answered,
  ...(allowed && { allowed_values: allowed }),
});

const REGISTRATION_PARAMETERS = [
  parameter('SoftwareId', 'software_id', { required: false }),
  parameter('Scope', 'scope', { allowed: ACCESS_SCOPES }),
  parameter('RedirectUris', 'redirect_uris'),
  parameter('GrantTypes', 'grant_types', { allowed: ['authorization_code', 'refresh_token', 'client_credentials'] }),
  parameter('SoftwareStatement', 'software_statement'),
  parameter('ApplicationType', 'application_type', { allowed: ['web'] }),
  parameter('TokenEndpointAuthMethod', 'token_endpoint_auth_method'),
  parameter('IdTokenSignatureAlgorithm', 'id_token_signed_response_alg'),
  parameter('RequestObjectSignatureAlgorithm', 'request_object_signing_alg'),
  parameter('Iss', 'iss', { answered: false }),
  parameter('Iat', 'iat', { answered: false }),
  parameter('Exp', 'exp', { answered: false }),
  parameter('Jti', 'jti', { answered: false }),
  parameter('Aud', 'aud', { answered: false }),
];

const VALIDATORS = [
  'RequiredParamsValidator',
  'IssuerValidator',
  'RedirectUriFormatValidator',
  'RedirectUriMatchValidator',
  'UriHostnameValidator',
  'SSAIssuerValidator',
  'RequestJTIValidator',
  'SSAJTIValidator',
  'TokenEndpointAuthSigningAlgValidator',
];

const DIRECTORY = 'OpenBanking Ltd';

function validators(withoutSsaJti: boolean): TomlTable[] {
  return VALIDATORS.map((name, index) => ({
    name,
    class: `${IDENTITY_EXTENSIONS}.client.registration.dcr.validators.${name}`,
    enable: !(withoutSsaJti && name === 'SSAJTIValidator'),
    priority: index + 1,
    ...(name === 'SSAIssuerValidator' && { allowed_values: [DIRECTORY] }),
  }));
}

/** The accelerator's general part, client registration and tokens. */
const ACCELERATOR: TomlTable = {
  financial_services: {
    admin: { username: '$ref{super_admin.username}', password: '$ref{super_admin.password}' },
    extensions: {
      endpoint: {
        enabled: false,
        allowed_extensions: EXTENSION_POINTS,
        base_url: '',
        retry_count: 5,
        connect_timeout: 5,
        read_timeout: 5,
        security: { type: 'Basic-Auth', username: '', password: '' },
      },
    },
    jdbc_persistence_manager: [{ data_source: { name: 'WSO2FS_DB' }, connection_verification_timeout: 1 }],
    app_registration: {
      application_updater: `${IDENTITY_EXTENSIONS}.client.registration.application.listener.ApplicationUpdaterImpl`,
      dcr: {
        params: REGISTRATION_PARAMETERS,
        validators: { validator: validators(false) },
      },
    },
    identity: {
      consent_id_claim_name: 'consent_id',
      append_consent_id_to_token_id_token: false,
      append_consent_id_to_authz_id_token: true,
      append_consent_id_to_access_token: false,
      append_consent_id_to_token_introspect_response: false,
      authentication_webapp: {
        servlet_extension: `${CONSENT_EXTENSIONS}.authservlet.impl.FSDefaultAuthServletImpl`,
      },
      extensions: {},
      token: { remove_user_store_domain_from_subject: false, remove_tenant_domain_from_subject: false },
    },
    http_connection_pool: { max_connections: 2000, max_connections_per_route: 1500 },
  },
};

function consent(site: Site): TomlTable {
  const step = (name: string, priority: number) => ({
    class: `${CONSENT_EXTENSIONS}.authorize.impl.${name}`,
    priority,
  });
  return {
    financial_services: {
      consent: {
        auth_flow_consent_id_source: 'requestObject',
        consent_id_extraction: { json_path: '/id_token/openbanking_intent_id/value' },
        manage: {
          handler: `${CONSENT_EXTENSIONS}.manage.impl.DefaultConsentManageHandler`,
          validator: `${CONSENT_EXTENSIONS}.manage.impl.DefaultConsentManageValidator`,
        },
        manage_extension: { allowed_headers: ['x-wso2-client-id'] },
        authorize_steps: {
          retrieve: [step('DefaultConsentRetrievalStep', 1), step('NonRegulatoryConsentStep', 2)],
          persist: [step('DefaultConsentPersistStep', 1)],
        },
        validation: {
          validator: `${CONSENT_EXTENSIONS}.validate.impl.DefaultConsentValidator`,
          signature: { alias: site.signingAlias },
          jwt: { payload: { enabled: true } },
        },
        admin: { handler: `${CONSENT_EXTENSIONS}.admin.impl.DefaultConsentAdminHandler` },
        periodical_expiration: {
          cron_value: '0 0 0 * * ?',
          expired_consent_status_value: 'Expired',
          eligible_statuses: 'authorised',
        },
        portal: {
          client_credentials: {
            client_id: '$env{CONSENT_PORTAL_CLIENT_ID}',
            client_secret: '$env{CONSENT_PORTAL_CLIENT_SECRET}',
          },
          params: {
            identity_server_base_url: site.url,
            application_name_param: 'client_name',
            application_logo_uri_param: 'software_logo_uri',
          },
        },
        payments: { max_instructed_amount: 1000 },
        idempotency: {
          enabled: false,
          allowed_time_duration: 1440,
          header_name: 'x-idempotency-key',
          allowed_for_all_apis: false,
        },
        preserve_consent_link: { enabled: false },
      },
    },
  };
}

const EVENTS: TomlTable = {
  financial_services: {
    event: {
      notifications: {
        event_notification_generator: `${EVENT_SERVICE}.DefaultEventNotificationGenerator`,
        token_issuer: 'www.wso2org.com',
        number_of_sets_to_return: 5,
        event_creation_handler: `${EVENT_SERVICE}.handler.DefaultEventCreationServiceHandler`,
        event_polling_handler: `${EVENT_SERVICE}.handler.DefaultEventPollingServiceHandler`,
        event_subscription_handler: `${EVENT_SERVICE}.handler.DefaultEventSubscriptionServiceHandler`,
        set_sub_claim_included: true,
        set_txn_claim_included: true,
        // The accelerator's spelling.
        set_toe_cliam_included: true,
        require_subscription_to_poll: false,
        allow_multiple_subscription: true,
        realtime: {
          enable: false,
          periodic_cron_expression: '0 0/1 0 ? * * *',
          request_timeout: 60,
          maximum_retry_count: 5,
          initial_retry_waiting_time: 60,
          retry_function: 'EX',
          circuit_breaker_open_timeout: 500,
          pool_size: 20,
          event_notification_request_generator: `${EVENT_SERVICE}.realtime.service.DefaultRealtimeEventNotificationRequestGenerator`,
        },
      },
    },
  },
};

const consentSettings = (consent: TomlTable): TomlTable => ({ financial_services: { consent } });
const idempotentResource = (name: string) => consentSettings({ idempotency: { allowed_api_resources: [name] } });
const PRE_INITIATED = consentSettings({ is_pre_initiated_consent: true });
const ISSUERS: TomlTable = {
  financial_services: { app_registration: { dcr: { regulatory_issuers: { iss: [{ name: DIRECTORY }] } } } },
};

/** What one release has and another has not. */
const RELEASES: Readonly<Record<AcceleratorRelease, TomlTable>> = {
  '4.0.0': merge(PRE_INITIATED, idempotentResource('domestic-payment-consents')),
  '4.1.1': merge(PRE_INITIATED, idempotentResource('payment-consents'), ISSUERS),
  '4.0.1': merge(
    consentSettings({
      pre_initiated: { scopes: ACCESS_SCOPES },
      scope_based: { scopes: [] },
      authorize_jsp: { path: 'fs_default.jsp' },
    }),
    idempotentResource('payment-consents'),
    ISSUERS,
    {
      oauth: { dcrm: { return_null_fields_in_response: false } },
      financial_services: {
        app_registration: { sca: { authenticator_config: { enable_setting_authenticators_on_app_update: true } } },
      },
    },
  ),
};
