using System.CommandLine;
using Akka.Actor;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Node;

/// <summary>The process of a server or a worker, from its command line to its exit code.</summary>
public static class NodeProcess
{
    private const int Done = 0;
    private const int BadInput = 2;
    private const int Failed = 3;

    /// <summary>Runs until the process is told to end, by a signal or by the coordinator. A node that the cluster removed joins again as a new one.</summary>
    /// <param name="role">What it offers.</param>
    /// <param name="description">What <c>--help</c> says.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="create">What the role adds, made for each membership.</param>
    public static async Task<int> RunAsync(NodeRole role, string description, string[] arguments, Func<NodeOptions, ActorSystem, INodeHost> create)
    {
        var node = new NodeArguments(role);
        var command = new RootCommand(description);
        foreach (Option option in node.Options)
            command.Add(option);
        command.SetAction((parsed, _) => RunAsync(node.Read(parsed), create));
        ParseResult parsed = command.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
                Console.Error.WriteLine($"error: {error.Message}");
            Console.Error.WriteLine("'--help' shows what there is.");
            return BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (InvalidInputException invalid)
        {
            foreach (InputError error in invalid.Errors)
                Console.Error.WriteLine($"error: {error}");
            return BadInput;
        }
        catch (IOException failed)
        {
            Console.Error.WriteLine($"error: {failed.Message}");
            return Failed;
        }
    }

    private static async Task<int> RunAsync(NodeOptions options, Func<NodeOptions, ActorSystem, INodeHost> create)
    {
        await HostAddress.RequireOwnAsync(options.Host).ConfigureAwait(false);
        using var signals = new StopSignals("Leaving the cluster. Again to end at once.");
        var state = new NodeState();
        await using MetricsHost? metrics = options.MetricsPort is null ? null : await MetricsHost.StartAsync(options, () => state.Accepted).ConfigureAwait(false);
        for (int membership = 1; ; membership++)
        {
            // A name belongs to one membership: the cluster may still know the one before.
            NodeOptions named = membership == 1 ? options : options with { Name = $"{options.Name}~{membership}" };
            if (await BelongAsync(named, create, metrics, state, signals.Token).ConfigureAwait(false) is { } exitCode)
                return exitCode;
            Console.Error.WriteLine("warning: cut off from the coordinator; joining again.");
        }
    }

    /// <summary>A membership of the cluster, from joining to leaving.</summary>
    /// <returns>The exit code; null: the cluster removed the node, which may join again.</returns>
    private static async Task<int?> BelongAsync(NodeOptions options, Func<NodeOptions, ActorSystem, INodeHost> create, MetricsHost? metrics, NodeState state, CancellationToken stop)
    {
        var told = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        ClusterSystem cluster = ClusterSystem.Start(options);
        INodeHost host = create(options, cluster.System);
        await using (host.ConfigureAwait(false))
        {
            bool announced = false;
            var join = new NodeJoin(options.Name, options.Role, NodeProtocol.Version, ProductVersion.Text, host.RowAddress);
            cluster.System.ActorOf(NodeActor.Props(join, host.Actor, Told), "node");
            await using CancellationTokenRegistration registration = stop.Register(() => told.TrySetResult(new LeaveCluster("told to end")));
            await Task.WhenAny(told.Task, cluster.Ended).ConfigureAwait(false);
            state.Accepted = false;
            if (!told.Task.IsCompleted)
            {
                if (await cluster.Ended.ConfigureAwait(false) == ClusterEnd.Removed)
                    return null;
                // Akka.Remote ends a node whose own TLS handshake is refused.
                Console.Error.WriteLine("error: the connection to the cluster cannot be made; see the lines before. With TLS, look at certificate and authority.");
                return Failed;
            }

            object word = await told.Task.ConfigureAwait(false);
            await cluster.LeaveAsync().ConfigureAwait(false);
            switch (word)
            {
                case NodeRefused refused:
                    Console.Error.WriteLine($"error: the coordinator refuses this node: {refused.Reason}");
                    return BadInput;
                case NodeActor.CutOff:
                    return null;
                case NodeFailed failed:
                    Console.Error.WriteLine($"error: {failed.Reason}");
                    return Failed;
                default:
                    return Done;
            }

            void Told(object message)
            {
                if (message is not NodeAccepted)
                {
                    told.TrySetResult(message);
                    return;
                }

                state.Accepted = true;
                if (announced)
                    return;
                announced = true;
                var addresses = new List<KeyValuePair<string, string>> { new("control", cluster.ControlAddress.ToString()) };
                if (host.RowAddress is { } rows)
                    addresses.Add(new("rows", rows));
                if (metrics is not null)
                    addresses.Add(new("metrics", metrics.Address.ToString()));
                Console.Out.WriteLine(new ReadinessLine(options.Role, options.Name, options.Cluster, addresses));
                Console.Out.Flush();
            }
        }
    }

    private sealed class NodeState
    {
        private volatile bool _accepted;

        public bool Accepted
        {
            get => _accepted;
            set => _accepted = value;
        }
    }
}
