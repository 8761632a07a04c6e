package sandbox.probe;

import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.wso2.carbon.user.api.UserStoreException;
import org.wso2.carbon.user.core.service.RealmService;

/** The server's own user store. The kernel has no service that adds users from outside. */
final class Users {
    private final BundleContext context;

    Users(BundleContext context) {
        this.context = context;
    }

    void add(String name, String password) throws UserStoreException {
        ServiceReference<RealmService> reference = context.getServiceReference(RealmService.class);
        if (reference == null) {
            throw new UserStoreException("the server has no realm yet");
        }
        try {
            context.getService(reference).getBootstrapRealm().getUserStoreManager()
                    .addUser(name, password, null, null, null);
        } finally {
            context.ungetService(reference);
        }
    }
}
