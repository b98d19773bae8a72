using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Worker.Hosting;

return await NodeProcess.RunAsync(NodeRole.Worker, """
    Computes for a cluster: joins the coordinator (distembed serve), gets data and work from it, reads and writes rows on the servers (distembed-ps).

    Example:
      distembed-worker --seed coordinator:4101
    """, args, (options, _) => new WorkerHost(options)).ConfigureAwait(false);
