package sandbox.probe;

import java.util.List;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import org.wso2.carbon.context.PrivilegedCarbonContext;

/** The server's own connection pools. */
final class Pools {
    static final String USERS = "jdbc/WSO2USER_DB";
    static final List<String> ALL = List.of("jdbc/SHARED_DB", USERS);

    private static final int SUPER_TENANT_ID = -1234;
    private static final String SUPER_TENANT_DOMAIN = "carbon.super";

    DataSource find(String name) throws NamingException {
        // Carbon keeps one JNDI tree for each tenant; the server's own data sources are the super tenant's.
        PrivilegedCarbonContext.startTenantFlow();
        try {
            PrivilegedCarbonContext tenant = PrivilegedCarbonContext.getThreadLocalCarbonContext();
            tenant.setTenantId(SUPER_TENANT_ID);
            tenant.setTenantDomain(SUPER_TENANT_DOMAIN);
            return (DataSource) new InitialContext().lookup(name);
        } finally {
            PrivilegedCarbonContext.endTenantFlow();
        }
    }
}
