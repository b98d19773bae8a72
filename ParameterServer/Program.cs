using DistEmbed.ParameterServer.Hosting;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;

return await NodeProcess.RunAsync(NodeRole.Server, """
    Holds embedding rows for a cluster: joins the coordinator (distembed serve), hosts shards as it says, and answers workers (distembed-worker).

    Example:
      distembed-ps --seed coordinator:4101
    """, args, (options, system) => new ServerHost(options, system)).ConfigureAwait(false);
