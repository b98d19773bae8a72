using Akka.Actor;
using Akka.TestKit.Xunit2;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.ParameterServer.Tests.Storage;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Testing;

namespace DistEmbed.ParameterServer.Tests.Actors;

public sealed class ShardActorTests : TestKit
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly IReadOnlyList<TablePlan> Plans = Shards.Plans(Shards.Exact);

    private readonly TempFolder _folder = new();

    public ShardActorTests()
        : base(NodeSettings.AkkaConfiguration()) =>
        IgnoreMessages(message => message is ShardReport); // they come by the clock, between whatever is expected

    [Fact]
    public void A_message_that_fails_is_reported_and_stops_the_shard_for_good()
    {
        IActorRef shard = Start();
        Watch(shard);
        shard.Tell(new AssignRows(0, [Shards.Rows], new float[Shards.Dimension]), TestActor); // there is no such row
        var failed = ExpectMsg<NodeFailed>(Deadline);
        Assert.Equal("shard-0", failed.Node);
        Assert.StartsWith("AssignRows: ", failed.Reason, StringComparison.Ordinal);
        ExpectTerminated(shard, Deadline);
        shard.Tell(new AssignRows(0, [1], new float[Shards.Dimension]), TestActor);
        ExpectNoMsg(TimeSpan.FromMilliseconds(100)); // a restarted one would say that it is ready, and answer
    }

    [Fact]
    public void A_checkpoint_is_of_its_step_although_training_goes_on()
    {
        using ShardStore five = Shards.Store(Plans), six = Shards.Store(Plans);
        five.Apply(1, 5);
        six.Apply(1, 6);
        IActorRef shard = Start();
        Apply(shard, 1, 5);
        shard.Tell(new WriteShard(5, _folder.Path, "f00d"));
        foreach (PushRows push in Enumerable.Range(0, Shards.Slices).SelectMany(slice => Shards.Pushes(6, slice)))
            shard.Tell(push, TestActor);

        // The file may be done before the pushes are, but never before the snapshot is taken.
        Assert.Equal(new SnapshotTaken(0, 5), ExpectMsg<SnapshotTaken>(Deadline));
        object[] rest = [.. ReceiveN(5, Deadline)];
        Assert.Equal(4, rest.OfType<PushAcknowledged>().Count());
        ShardWritten written = Assert.Single(rest.OfType<ShardWritten>());
        Assert.Equal(20, written.Counters.Applied);
        Assert.Equal(Shards.Hash(five), TableHash.Of(TableHash.Of(["0", "1"], [written.Digests])));

        shard.Tell(new WriteShard(6, _folder.Path, "f00d"));
        ExpectMsg<SnapshotTaken>(Deadline);
        Assert.Equal(Shards.Hash(six), TableHash.Of(TableHash.Of(["0", "1"], [ExpectMsg<ShardWritten>(Deadline).Digests])));
    }

    [Fact]
    public void A_checkpoint_of_another_step_than_the_applied_one_fails()
    {
        IActorRef shard = Start();
        shard.Tell(new WriteShard(3, _folder.Path, "f00d"));
        Assert.Equal(new NodeFailed("shard-0", "checkpoint of step 3 asked at step 0"), ExpectMsg<NodeFailed>(Deadline));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_file_that_cannot_be_written_fails_the_shard()
    {
        IActorRef shard = Start();
        shard.Tell(new WriteShard(0, _folder.In("missing"), "f00d"));
        ExpectMsg<SnapshotTaken>(Deadline);
        Assert.Equal("shard-0", ExpectMsg<NodeFailed>(Deadline).Node);
    }

    [Fact]
    public void A_shard_restores_from_its_file_and_reports_a_damaged_one()
    {
        IActorRef shard = Start();
        Apply(shard, 1, 2);
        shard.Tell(new WriteShard(2, _folder.Path, "f00d"));
        ExpectMsg<SnapshotTaken>(Deadline);
        string file = _folder.In(ExpectMsg<ShardWritten>(Deadline).File.FileName);
        Apply(shard, 3, 3);
        shard.Tell(new RestoreShard(2, [file]));
        Assert.Equal((0, 2), ExpectMsg<ShardRestored>(Deadline) is var r ? (r.Shard, r.Step) : default);
        Apply(shard, 3, 3);

        byte[] bytes = File.ReadAllBytes(file);
        bytes[^30] ^= 1;
        File.WriteAllBytes(file, bytes);
        shard.Tell(new RestoreShard(2, [file]));
        Assert.Contains("1 bit differs", ExpectMsg<NodeFailed>(Deadline).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_waiting_pull_is_answered_to_the_worker_that_asked()
    {
        IActorRef shard = Start();
        var worker = CreateTestProbe();
        shard.Tell(new PullRows(new PullId("other", 1), 2, [new RowIds(0, [1])]), worker);
        Apply(shard, 1, 1);
        Assert.Equal(new PullId("other", 1), worker.ExpectMsg<RowsPulled>(Deadline).Id);
    }

    [Fact]
    public void Stopping_gives_the_rows_back()
    {
        var shard = ActorOfAsTestActorRef<ShardActor>(ShardActor.Props(0, ShardMap.Even(1), Plans, Shards.Training(), 3, TestActor));
        ExpectMsg<ShardReady>(Deadline);
        Watch(shard);
        // The store is the actor's own; its tables count what they hold.
        shard.Tell(new AssignRows(0, [1], new float[Shards.Dimension]), TestActor);
        ExpectMsg<RowsAssigned>(Deadline);
        RowTable table = Tables(shard.UnderlyingActor)[0];
        Assert.NotEqual(0, table.NativeBytes);
        Sys.Stop(shard);
        ExpectTerminated(shard, Deadline);
        AwaitAssert(() => Assert.Equal(0, table.NativeBytes), Deadline);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Dispose();
    }

    private static IReadOnlyList<RowTable> Tables(ShardActor actor) =>
        ((ShardStore)typeof(ShardActor).GetField("_store", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.GetValue(actor)!).Tables;

    private IActorRef Start()
    {
        IActorRef shard = Sys.ActorOf(ShardActor.Props(0, ShardMap.Even(1), Plans, Shards.Training(), 3, TestActor));
        Assert.Equal(0, ExpectMsg<ShardReady>(Deadline).Shard);
        return shard;
    }

    private void Apply(IActorRef shard, int first, int last)
    {
        for (int step = first; step <= last; step++)
        {
            foreach (PushRows push in Enumerable.Range(0, Shards.Slices).SelectMany(slice => Shards.Pushes(step, slice)))
            {
                shard.Tell(push, TestActor);
                ExpectMsg<PushAcknowledged>(Deadline);
            }
        }
    }
}
