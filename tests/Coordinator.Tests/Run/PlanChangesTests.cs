using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class PlanChangesTests
{
    private static readonly PlanChange s_first = new(5, "g", true, null, "ana", default), s_second = new(9, "g", false, null, "ana", default);

    private readonly PlanChanges _changes = new(RunDriver.Plan(40).Tables, shards: 2);

    [Fact]
    public void A_confirmation_that_was_overtaken_by_a_later_one_takes_nothing_back()
    {
        _changes.Make(s_first);
        _changes.Make(s_second);
        _changes.OnMade(new PlanChanged(0, 2));
        _changes.OnMade(new PlanChanged(0, 1));
        Assert.Equal([1], _changes.MissingShards);
        _changes.OnMade(new PlanChanged(1, 2));
        Assert.True(_changes.AreInPlace, "both shards have confirmed both changes");
        _changes.OnMade(new PlanChanged(1, 1));
        Assert.True(_changes.AreInPlace, "the confirmation of the first change came after that of the second");
        Assert.Empty(_changes.MissingShards);
    }

    [Fact]
    public void A_shard_that_has_made_some_of_the_changes_is_still_awaited()
    {
        _changes.Make(s_first);
        _changes.Make(s_second);
        _changes.OnMade(new PlanChanged(0, 2));
        _changes.OnMade(new PlanChanged(1, 1));
        Assert.False(_changes.AreInPlace, "shard 1 has made one of two changes");
        Assert.Equal([1], _changes.MissingShards);
    }

    [Fact]
    public void Changes_are_in_the_order_of_their_steps_each_once()
    {
        PlanChange same = s_second with { Frozen = null, LearningRate = 0.5 };
        foreach (PlanChange change in (PlanChange[])[s_second, same, s_first, s_second])
            _changes.Make(change);
        Assert.Equal([s_first, s_second, same], _changes.All);
        Assert.Equal([s_first, s_second, same], _changes.Messages(default).Select(m => m.Change));
    }

    [Fact]
    public void Shards_are_asked_again_five_seconds_after_they_were_asked_last_while_one_is_missing()
    {
        _changes.Make(s_first);
        _changes.Message(s_first, TimeSpan.FromSeconds(1));
        Assert.False(_changes.IsOverdue(TimeSpan.FromSeconds(6)), "five seconds, and not more");
        Assert.True(_changes.IsOverdue(TimeSpan.FromSeconds(6.1)), "more than five seconds");
        _ = _changes.Messages(TimeSpan.FromSeconds(7)).ToList();
        Assert.Equal(TimeSpan.FromSeconds(7), _changes.SentAt);
        Assert.False(_changes.IsOverdue(TimeSpan.FromSeconds(12)), "five seconds since they were asked again");
        _changes.OnMade(new PlanChanged(0, 1));
        _changes.OnMade(new PlanChanged(1, 1));
        Assert.False(_changes.IsOverdue(TimeSpan.FromMinutes(1)), "nobody is missing");
    }
}
