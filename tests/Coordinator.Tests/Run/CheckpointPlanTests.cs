using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Run;

public class CheckpointPlanTests
{
    [Fact]
    public void By_steps_one_is_due_at_each_multiple_and_once()
    {
        var plan = new CheckpointPlan(new CheckpointSpec { EverySteps = 5 });
        Assert.Equal([5, 5, 10, 15], new[] { 0, 4, 5, 10 }.Select(plan.NextAfter));
        Assert.Equal([5, 10, 15], Enumerable.Range(0, 16).Where(step => plan.IsDue(step, TimeSpan.MaxValue)));
        plan.Taken(10, TimeSpan.Zero);
        Assert.Equal((10, false, false, true), (plan.LastStep, plan.IsDue(10, default), plan.IsDue(5, default), plan.IsDue(15, default)));
        Assert.False(plan.IsTimeUp(TimeSpan.MaxValue));
    }

    [Fact]
    public void By_time_one_is_due_so_long_after_the_last()
    {
        var plan = new CheckpointPlan(new CheckpointSpec { EveryMinutes = 1.5 });
        plan.Taken(3, TimeSpan.FromSeconds(100));
        Assert.Null(plan.NextAfter(3));
        Assert.Equal((false, true), (plan.IsTimeUp(TimeSpan.FromSeconds(189)), plan.IsTimeUp(TimeSpan.FromSeconds(190))));
        Assert.Equal((false, false, true), (plan.IsDue(3, TimeSpan.FromSeconds(190)), plan.IsDue(4, TimeSpan.FromSeconds(189)), plan.IsDue(4, TimeSpan.FromSeconds(190))));
    }
}
