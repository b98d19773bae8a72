using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Transfer;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Node.Artifacts;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Testing;

namespace DistEmbed.Coordinator.Tests.Grpc;

public sealed class NodeFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ArtifactShelf _shelf = new();
    private readonly CheckpointInbox _inbox = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly CancellationTokenSource _late = new(Wait.Deadline);

    private string Cache => _folder.In("cache");

    [Fact]
    public async Task A_file_goes_on_where_it_was_when_the_coordinator_comes_back()
    {
        string name = Serve(5_000_000);
        FilesServer first = await FilesServer.StartAsync(_shelf, _inbox);
        int port = first.Port;
        using NodeFilesClient client = Client(first);
        var offsets = new List<long>();
        FilesServer? second = null;
        var cache = new ArtifactCache(Cache, Cut, long.MaxValue, _told.Enqueue);
        using ArtifactLease file = await cache.GetAsync(name, _late.Token);
        Assert.Equal(name, ArtifactName.OfFile(file.Path));
        Assert.Equal(0, offsets[0]);
        Assert.True(offsets[^1] >= 1_000_000, string.Join(", ", offsets));
        Assert.Contains(_told, line => line.Contains("trying again", StringComparison.Ordinal));
        Assert.Contains(_told, line => line.Contains("answers again", StringComparison.Ordinal));
        await second!.DisposeAsync();

        async IAsyncEnumerable<FilePiece> Cut(string asked, long offset, [EnumeratorCancellation] CancellationToken stop)
        {
            offsets.Add(offset);
            if (offsets.Count == 3)
                second = await FilesServer.StartAsync(_shelf, _inbox, port);
            long seen = offset;
            await foreach (FilePiece piece in client.FetchAsync(asked, offset, stop))
            {
                yield return piece;
                seen += piece.Data.Length;
                if (offsets.Count == 1 && seen > 1_000_000)
                    await first.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Many_askers_share_a_download_and_a_damaged_file_is_fetched_again()
    {
        string name = Serve(300_000);
        await using FilesServer server = await FilesServer.StartAsync(_shelf, _inbox);
        using NodeFilesClient client = Client(server);
        int fetches = 0;
        var cache = new ArtifactCache(Cache, Counted, long.MaxValue, _told.Enqueue);
        ArtifactLease[] leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cache.GetAsync(name, _late.Token)));
        Assert.Equal(1, fetches);
        string path = leases[0].Path;
        foreach (ArtifactLease lease in leases)
            lease.Dispose();

        byte[] bytes = File.ReadAllBytes(path);
        bytes[7] ^= 1;
        File.WriteAllBytes(path, bytes);
        using ArtifactLease again = await cache.GetAsync(name, _late.Token);
        Assert.Equal(2, fetches);
        Assert.Equal(name, ArtifactName.OfFile(again.Path));
        Assert.Contains(_told, line => line.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal([path], Directory.GetFiles(Cache));

        IAsyncEnumerable<FilePiece> Counted(string asked, long offset, CancellationToken stop)
        {
            Interlocked.Increment(ref fetches);
            return client.FetchAsync(asked, offset, stop);
        }
    }

    [Fact]
    public async Task Wrong_bytes_and_unknown_names_are_refused()
    {
        string name = ArtifactName.Of([1, 2, 3]);
        _shelf.Add(name, _folder.Write("other", [1, 2, 4]), 3);
        await using FilesServer server = await FilesServer.StartAsync(_shelf, _inbox);
        using NodeFilesClient client = Client(server);
        var cache = new ArtifactCache(Cache, client.FetchAsync, long.MaxValue, _told.Enqueue);
        var wrong = await Assert.ThrowsAsync<FilesRefusedException>(() => cache.GetAsync(name, _late.Token));
        Assert.Contains("3 times", wrong.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FilesRefusedException>(() => cache.GetAsync(ArtifactName.Of([9]), _late.Token));
        await Assert.ThrowsAsync<FilesRefusedException>(() => cache.GetAsync("../other", _late.Token));
        Assert.Empty(Directory.GetFiles(Cache));
    }

    [Fact]
    public async Task What_is_not_in_use_goes_first_the_oldest_also_when_another_cache_shares_the_folder()
    {
        string[] names = [.. Enumerable.Range(0, 4).Select(i => Serve(1000 + i))];
        await using FilesServer server = await FilesServer.StartAsync(_shelf, _inbox);
        using NodeFilesClient client = Client(server);
        ArtifactCache one = new(Cache, client.FetchAsync, 2500, _told.Enqueue), other = new(Cache, client.FetchAsync, 2500, _told.Enqueue);
        using ArtifactLease kept = await other.GetAsync(names[0], _late.Token);
        foreach (string name in names[1..])
            (await one.GetAsync(name, _late.Token)).Dispose();
        await Wait.UntilAsync(() => Directory.GetFiles(Cache).Length == 2, "two files in the cache", () => string.Join(", ", Directory.GetFiles(Cache)));
        Assert.Equal(new[] { names[0], names[3] }.Order(), Directory.GetFiles(Cache).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Only_the_files_of_the_open_checkpoint_are_stored_and_only_whole()
    {
        string folder = _folder.MakeFolder("step"), source = _folder.In("source");
        File.WriteAllBytes(source, RandomNumberGenerator.GetBytes(700_000));
        var file = new ShardFileInfo("shard-0-of-2.rows", 700_000, ArtifactName.OfFile(source));
        await using FilesServer server = await FilesServer.StartAsync(_shelf, _inbox);
        using NodeFilesClient client = Client(server);
        _inbox.Begin("run", 5, folder, shards: 2);
        await Refused("other", 5, file);
        await Refused("run", 6, file);
        await Refused("run", 5, file with { FileName = "../shard-0-of-2.rows" });
        await Refused("run", 5, file with { FileName = "shard-2-of-2.rows" });
        await Refused("run", 5, file with { Bytes = 600_000 });
        await Refused("run", 5, file with { Bytes = 800_000 });
        await Refused("run", 5, file with { Sha256 = ArtifactName.Of([]) });
        Assert.Empty(Directory.GetFileSystemEntries(folder));

        Assert.Equal(CheckpointInbox.Answer.Granted, _inbox.Enter("run", 5, file.FileName, out string path));
        Task waits = client.StoreAsync("run", 5, source, file, _late.Token);
        await Wait.UntilAsync(() => _told.Any(line => line.Contains("another is writing", StringComparison.Ordinal)), "word of another writer", () => string.Join('\n', _told));
        _inbox.Leave(path);
        await waits;
        Assert.Equal(file.Sha256, ArtifactName.OfFile(Assert.Single(Directory.GetFiles(folder))));
        _inbox.End("run");
        await Refused("run", 5, file);

        async Task Refused(string run, int step, ShardFileInfo what) =>
            await Assert.ThrowsAsync<FilesRefusedException>(() => client.StoreAsync(run, step, source, what, _late.Token));
    }

    [Fact]
    public async Task Both_sides_show_a_certificate_and_the_node_a_token()
    {
        string name = Serve(1000);
        using var authority = new Certificates();
        using X509Certificate2 certificate = authority.SignRsa("127.0.0.1");
        var tls = new NodeTls(certificate, [authority.Authority]);
        await using FilesServer server = await FilesServer.StartAsync(_shelf, _inbox, token: "secret", tls: tls);
        using var right = new NodeFilesClient(server.Address, tls, "secret", _told.Enqueue);
        using var wrong = new NodeFilesClient(server.Address, tls, "guess", _told.Enqueue);
        using ArtifactLease file = await new ArtifactCache(Cache, right.FetchAsync, long.MaxValue, _told.Enqueue).GetAsync(name, _late.Token);
        await Assert.ThrowsAsync<FilesRefusedException>(() =>
            new ArtifactCache(Cache + "2", wrong.FetchAsync, long.MaxValue, _told.Enqueue).GetAsync(name, _late.Token));
    }

    [Fact]
    public async Task A_shard_far_from_the_disk_writes_the_same_file_and_comes_back_from_it()
    {
        await using FilesServer server = await FilesServer.StartAsync(_shelf, _inbox);
        using NodeFilesClient client = Client(server);
        using var scratch = new ScratchFolder(_folder.In("scratch"));
        var remote = new RemoteShardTransfer("run", client, new ArtifactCache(Cache, client.FetchAsync, long.MaxValue, _told.Enqueue), scratch);
        string seeds = _folder.In("seeds"), near = _folder.MakeFolder("near"), far = _folder.MakeFolder("far"), back = _folder.MakeFolder("back");
        SeedRowsFile.Write(seeds, [new AssignRows(0, [1, 4, 30], [1, 2, 3, 4, 5, 6])]);
        string seedName = _shelf.Add(seeds);
        Assert.Equal(seedName, _shelf.Add(seeds));

        using ActorSystem system = ActorSystem.Create("test", NodeSettings.AkkaConfiguration());
        Inbox inbox = Inbox.Create(system);
        ShardFileInfo nearFile = await Write(null, near, new LoadRows(seeds));
        _inbox.Begin("run", 0, far, shards: 2);
        ShardFileInfo farFile = await Write(remote, "nowhere", new LoadRows(seedName));
        Assert.Equal(nearFile, farFile);
        string stored = Path.Combine(far, farFile.FileName);
        Assert.Equal(File.ReadAllBytes(Path.Combine(near, nearFile.FileName)), File.ReadAllBytes(stored));
        Assert.Single(Directory.GetFileSystemEntries(Assert.Single(Directory.GetDirectories(_folder.In("scratch"))))); // the lock

        _shelf.Add(farFile.Sha256, stored, farFile.Bytes);
        _inbox.Begin("run", 0, back, shards: 2);
        Assert.Equal(nearFile, await Write(remote, "nowhere", new RestoreShard(0, [farFile.Sha256])));

        IActorRef lost = system.ActorOf(Shard(remote));
        Assert.IsType<ShardReady>(Next());
        lost.Tell(new RestoreShard(0, [ArtifactName.Of([])]), inbox.Receiver);
        Assert.Contains("no file of this name", Assert.IsType<NodeFailed>(Next()).Reason, StringComparison.Ordinal);

        // A shard also tells how it stands, twice a second.
        object Next()
        {
            object message = inbox.Receive(Wait.Deadline);
            return message is ShardReport ? Next() : message;
        }

        Props Shard(IShardTransfer? transfer)
        {
            var optimizer = new SgdSpec { LearningRate = 0.1 };
            var plan = new TablePlan(
                new TableSpec("embedding", "embedding", 40, 2, new RowInit.Uniform(0.25f), Dense: false), optimizer, new GroupTimeline("embedding", optimizer, 100));
            return ShardActor.Props(0, ShardMap.Even(2), [plan], new TrainingSpec { Slices = 1 }, 3, inbox.Receiver, transfer);
        }

        async Task<ShardFileInfo> Write(IShardTransfer? transfer, string directory, object fill)
        {
            IActorRef shard = system.ActorOf(Shard(transfer));
            Assert.IsType<ShardReady>(Next());
            shard.Tell(fill, inbox.Receiver);
            shard.Tell(new WriteShard(0, directory, "f00d"), inbox.Receiver); // held until it is filled
            object filled = Next();
            Assert.True(filled is RowsAssigned or ShardRestored { Rows: > 0 }, $"{filled}");
            Assert.IsType<SnapshotTaken>(Next());
            object written = Next();
            await shard.GracefulStop(Wait.Deadline);
            return written is ShardWritten done ? done.File : throw new InvalidOperationException($"{written}");
        }
    }

    public void Dispose()
    {
        _late.Dispose();
        _folder.Dispose();
    }

    private NodeFilesClient Client(FilesServer server) => new(server.Address, null, null, _told.Enqueue);

    private string Serve(int bytes) => _shelf.Add(_folder.Write($"served-{bytes}", RandomNumberGenerator.GetBytes(bytes)));
}
