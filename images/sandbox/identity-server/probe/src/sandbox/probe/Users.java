package sandbox.probe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.wso2.carbon.user.api.RealmConfiguration;
import org.wso2.carbon.user.api.UserStoreException;
import org.wso2.carbon.user.core.UserRealm;
import org.wso2.carbon.user.core.UserStoreManager;
import org.wso2.carbon.user.core.common.AbstractUserStoreManager;
import org.wso2.carbon.user.core.service.RealmService;

/** The server's own user stores. The kernel has no service that adds users or stores from outside. */
final class Users {
    private static final String DOMAIN = "DomainName";
    private static final String POOL = "dataSource";
    private static final int SUPER_TENANT_ID = -1234;

    private final BundleContext context;

    Users(BundleContext context) {
        this.context = context;
    }

    void add(String name, String password) throws UserStoreException {
        withRealm(service -> {
            service.getBootstrapRealm().getUserStoreManager().addUser(name, password, null, null, null);
            return null;
        });
    }

    boolean authenticate(String name, String password) throws UserStoreException {
        return withRealm(service -> service.getBootstrapRealm().getUserStoreManager().authenticate(name, password));
    }

    void changePassword(String name, String password, String newPassword) throws UserStoreException {
        withRealm(service -> {
            service.getBootstrapRealm().getUserStoreManager().updateCredential(name, newPassword, password);
            return null;
        });
    }

    /** The domains of all user stores, the primary one first. */
    List<String> domains() throws UserStoreException {
        return withRealm(service -> {
            List<String> domains = new ArrayList<>();
            RealmConfiguration store = superTenant(service).getRealmConfiguration();
            for (; store != null; store = store.getSecondaryRealmConfig()) {
                domains.add(store.getUserStoreProperty(DOMAIN));
            }
            return domains;
        });
    }

    /** Asks a user store something that it must look up, as the product's health check does. */
    boolean query(String domain) throws UserStoreException {
        return withRealm(service -> {
            UserStoreManager primary = superTenant(service).getUserStoreManager();
            UserStoreManager store = primary.getSecondaryUserStoreManager(domain);
            return (store == null ? primary : store).isExistingRole("testUser");
        });
    }

    /** Adds a secondary store of the primary one's kind on another connection pool, until the server stops. */
    void addStore(String domain, String pool) throws UserStoreException {
        withRealm(service -> {
            UserRealm realm = superTenant(service);
            RealmConfiguration last = realm.getRealmConfiguration();
            RealmConfiguration store = copy(last);
            Map<String, String> properties = new HashMap<>(store.getUserStoreProperties());
            properties.put(DOMAIN, domain);
            properties.put(POOL, pool);
            store.setUserStoreProperties(properties);
            store.setPrimary(false);
            ((AbstractUserStoreManager) realm.getUserStoreManager()).addSecondaryUserStoreManager(store, realm);
            while (last.getSecondaryRealmConfig() != null) {
                last = last.getSecondaryRealmConfig();
            }
            last.setSecondaryRealmConfig(store);
            return null;
        });
    }

    private static RealmConfiguration copy(RealmConfiguration original) throws UserStoreException {
        try {
            return original.cloneRealmConfigurationWithoutSecondary();
        } catch (Exception e) {
            // The interface promises no more than that.
            throw new UserStoreException("the configuration of the primary user store cannot be copied", e);
        }
    }

    private static UserRealm superTenant(RealmService service) throws UserStoreException {
        return (UserRealm) service.getTenantUserRealm(SUPER_TENANT_ID);
    }

    private interface Work<T> {
        T with(RealmService service) throws UserStoreException;
    }

    private <T> T withRealm(Work<T> work) throws UserStoreException {
        ServiceReference<RealmService> reference = context.getServiceReference(RealmService.class);
        if (reference == null) {
            throw new UserStoreException("the server has no realm yet");
        }
        try {
            return work.with(context.getService(reference));
        } finally {
            context.ungetService(reference);
        }
    }
}
