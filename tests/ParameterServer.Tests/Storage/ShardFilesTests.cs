using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Testing;

namespace DistEmbed.ParameterServer.Tests.Storage;

public sealed class ShardFilesTests : IDisposable
{
    private const int Written = 3, Step = 5;

    private static readonly IReadOnlyList<TablePlan> Plans = Shards.Plans(Shards.Exact);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Files_of_three_shards_restore_on_any_number_with_the_same_hash_and_future(int shards)
    {
        ShardWritten[] written = Write();
        Assert.All(written, w => Assert.Equal((Step, 4 * Step), (w.Step, w.Counters.Applied)));
        string hash = TableHash.Of(TableHash.Of(["0", "1"], [.. written.Select(w => w.Digests)]));

        ShardStore[] stores = [.. Enumerable.Range(0, shards).Select(s => Shards.Store(Plans, shard: s, shards: shards))];
        var restore = new RestoreShard(Step, [.. written.Select(w => _folder.In(w.File.FileName))]);
        long rows = stores.Sum(store => ShardFiles.Restore(restore, Plans, store));
        Assert.Equal(Shards.Rows - 1 + 3, rows); // all but the padding row, and the dense table
        Assert.All(stores, store => Assert.Equal(Step, store.AppliedStep));
        Assert.Equal(hash, Shards.Hash(stores));

        using ShardStore whole = Shards.Store(Plans);
        whole.Apply(1, Step + 3);
        for (int s = 0; s < shards; s++)
            stores[s].Apply(Step + 1, Step + 3, s, shards);
        Assert.Equal(Shards.Hash(whole), Shards.Hash(stores));
        foreach (ShardStore store in stores)
            store.Dispose();
    }

    [Fact]
    public void Files_of_other_tables_are_refused()
    {
        RestoreShard restore = new(Step, [.. Write().Select(w => _folder.In(w.File.FileName))]);
        IReadOnlyList<TablePlan>[] others =
        [
            [Plans[0] with { Spec = Plans[0].Spec with { Name = "other" } }, Plans[1]],
            [Plans[0] with { Spec = Plans[0].Spec with { Dimension = 6 } }, Plans[1]],
            [Plans[0] with { Optimizer = new SgdSpec() }, Plans[1]],
        ];
        foreach (IReadOnlyList<TablePlan> plans in others)
        {
            using ShardStore store = Shards.Store(plans);
            var e = Assert.Throws<CheckpointDamagedException>(() => ShardFiles.Restore(restore, plans, store));
            Assert.Contains("table 'embedding' (5+10 numbers a row)", e.Message, StringComparison.Ordinal);
            Assert.Equal(0, store.Tables[0].AllocatedRows);
        }
    }

    [Fact]
    public void A_write_that_fails_leaves_no_file_and_gives_the_snapshot_back()
    {
        using ShardStore store = Shards.Store(Plans);
        store.Apply(1, 1);
        IReadOnlyList<RowTableSnapshot> snapshot = store.Snapshot();
        string missing = _folder.In("missing");
        Assert.ThrowsAny<Exception>(() => ShardFiles.Write(new WriteShard(1, missing, "f"), 0, 1, Plans, snapshot, store.Counters));
        Assert.All(snapshot, table => Assert.Throws<ObjectDisposedException>(() => table.ForEach((_, _, _, _) => { })));
        Assert.False(Path.Exists(missing));
    }

    private ShardWritten[] Write()
    {
        var written = new ShardWritten[Written];
        for (int shard = 0; shard < Written; shard++)
        {
            using ShardStore store = Shards.Store(Plans, shard: shard, shards: Written);
            store.Apply(1, Step, shard, Written);
            written[shard] = ShardFiles.Write(new WriteShard(Step, _folder.Path, "f00d"), shard, Written, Plans, store.Snapshot(), store.Counters);
        }

        return written;
    }
}
