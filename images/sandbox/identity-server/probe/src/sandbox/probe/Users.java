package sandbox.probe;

import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.wso2.carbon.user.api.UserStoreException;
import org.wso2.carbon.user.api.UserStoreManager;
import org.wso2.carbon.user.core.service.RealmService;

/** The server's own user store. The kernel has no service that adds users from outside. */
final class Users {
    private final BundleContext context;

    Users(BundleContext context) {
        this.context = context;
    }

    void add(String name, String password) throws UserStoreException {
        withUserStore(store -> {
            store.addUser(name, password, null, null, null);
            return true;
        });
    }

    boolean authenticate(String name, String password) throws UserStoreException {
        return withUserStore(store -> store.authenticate(name, password));
    }

    private interface Work {
        boolean on(UserStoreManager store) throws UserStoreException;
    }

    private boolean withUserStore(Work work) throws UserStoreException {
        ServiceReference<RealmService> reference = context.getServiceReference(RealmService.class);
        if (reference == null) {
            throw new UserStoreException("the server has no realm yet");
        }
        try {
            return work.on(context.getService(reference).getBootstrapRealm().getUserStoreManager());
        } finally {
            context.ungetService(reference);
        }
    }
}
