package tests.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.topic.ITopic;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.axiom.om.OMElement;
import org.apache.axis2.clustering.ClusteringAgent;
import org.apache.axis2.clustering.ClusteringCommand;
import org.apache.axis2.clustering.ClusteringFault;
import org.apache.axis2.clustering.ClusteringMessage;
import org.apache.axis2.clustering.Member;
import org.apache.axis2.clustering.management.GroupManagementAgent;
import org.apache.axis2.clustering.management.NodeManager;
import org.apache.axis2.clustering.state.StateManager;
import org.apache.axis2.context.ConfigurationContext;
import org.apache.axis2.description.Parameter;
import org.wso2.carbon.utils.CarbonUtils;

/**
 * Gives Hazelcast, in the place of the product's agent, which is in no public repository, what the server's configuration files say: the
 * same settings, the same presets below hazelcast.properties, started at the same moment by the same kernel. It elects no coordinator
 * and waits for no lock.
 */
public final class Agent implements ClusteringAgent {
    private static volatile Agent running;

    private final Map<String, Parameter> parameters = new ConcurrentHashMap<>();
    private List<Member> members = new ArrayList<>();
    private ConfigurationContext context;
    private HazelcastInstance hazelcast;
    private ITopic<ClusteringMessage> messages;
    private ITopic<String> words;

    /** The one that the server has started; null before. */
    static Agent running() {
        return running;
    }

    HazelcastInstance hazelcast() {
        return hazelcast;
    }

    ITopic<String> words() {
        return words;
    }

    @Override
    public void init() throws ClusteringFault {
        Config config = new Config();
        config.setProperties(properties());
        config.setClusterName(text("domain"));
        config.getNetworkConfig().setPublicAddress(text("localMemberHost"));
        config.getNetworkConfig().setPort(Integer.parseInt(text("localMemberPort")));
        if (!text("membershipScheme").equals("wka")) throw new ClusteringFault("not wka: " + text("membershipScheme"));
        JoinConfig join = config.getNetworkConfig().getJoin();
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(true);
        for (Member member : members) join.getTcpIpConfig().addMember(member.getHostName() + ":" + member.getPort());
        hazelcast = Hazelcast.newHazelcastInstance(config);
        messages = hazelcast.getTopic("messages");
        messages.addMessageListener(message -> {
            if (message.getPublishingMember().localMember()) return;
            try {
                message.getMessageObject().execute(context);
            } catch (ClusteringFault e) {
                throw new IllegalStateException(e);
            }
        });
        words = hazelcast.getTopic("words");
        words.addMessageListener(message -> Activator.HEARD.add(message.getMessageObject()));
        running = this;
    }

    private static Properties properties() throws ClusteringFault {
        Properties properties = new Properties();
        properties.setProperty("hazelcast.max.no.heartbeat.seconds", "600");
        properties.setProperty("hazelcast.max.no.master.confirmation.seconds", "900");
        properties.setProperty("hazelcast.merge.first.run.delay.seconds", "60");
        properties.setProperty("hazelcast.merge.next.run.delay.seconds", "30");
        Path file = Path.of(CarbonUtils.getCarbonConfigDirPath(), "hazelcast.properties");
        try (InputStream content = Files.newInputStream(file)) {
            properties.load(content);
        } catch (IOException e) {
            throw new ClusteringFault("cannot read " + file, e);
        }
        return properties;
    }

    private String text(String name) throws ClusteringFault {
        Parameter parameter = parameters.get(name);
        if (parameter == null) throw new ClusteringFault("axis2.xml has no " + name);
        return ((String) parameter.getValue()).trim();
    }

    @Override
    public List<ClusteringCommand> sendMessage(ClusteringMessage message, boolean synchronous) {
        messages.publish(message);
        return List.of();
    }

    @Override
    public void stop() {
        hazelcast.shutdown();
    }

    @Override
    public void shutdown() {
        stop();
    }

    @Override
    public void setConfigurationContext(ConfigurationContext context) {
        this.context = context;
    }

    @Override
    public void setMembers(List<Member> members) {
        this.members = members;
    }

    @Override
    public List<Member> getMembers() {
        return members;
    }

    @Override
    public int getAliveMemberCount() {
        return hazelcast.getCluster().getMembers().size();
    }

    @Override
    public boolean isCoordinator() {
        return hazelcast.getCluster().getMembers().iterator().next().localMember();
    }

    @Override
    public void addParameter(Parameter parameter) {
        parameters.put(parameter.getName(), parameter);
    }

    @Override
    public void removeParameter(Parameter parameter) {
        parameters.remove(parameter.getName());
    }

    @Override
    public Parameter getParameter(String name) {
        return parameters.get(name);
    }

    @Override
    public ArrayList<Parameter> getParameters() {
        return new ArrayList<>(parameters.values());
    }

    @Override
    public boolean isParameterLocked(String name) {
        return parameters.containsKey(name) && parameters.get(name).isLocked();
    }

    @Override
    public void deserializeParameters(OMElement element) {
        throw new UnsupportedOperationException();
    }

    // Groups of servers behind a load balancer of Axis2, which no node is.

    @Override
    public StateManager getStateManager() {
        return null;
    }

    @Override
    public void setStateManager(StateManager manager) {
        throw new UnsupportedOperationException();
    }

    @Override
    public NodeManager getNodeManager() {
        return null;
    }

    @Override
    public void setNodeManager(NodeManager manager) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void addGroupManagementAgent(GroupManagementAgent agent, String domain) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void addGroupManagementAgent(GroupManagementAgent agent, String domain, String subDomain, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void resetGroupManagementAgent(String domain, String subDomain) {
        throw new UnsupportedOperationException();
    }

    @Override
    public GroupManagementAgent getGroupManagementAgent(String domain) {
        return null;
    }

    @Override
    public GroupManagementAgent getGroupManagementAgent(String domain, String subDomain) {
        return null;
    }

    @Override
    public Set<String> getDomains() {
        return Set.of();
    }
}
