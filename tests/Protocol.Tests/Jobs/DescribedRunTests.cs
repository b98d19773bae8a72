using System.Text.Json;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Tests.Jobs;

public sealed class DescribedRunTests
{
    private static readonly JobSpec s_job = JobTexts.CnnWith();

    private static readonly RunDescription s_run = new(
        "run-1", JsonSerializer.Serialize(s_job, JobJson.Options), JobFingerprint.Of(s_job), [new("embedding", "embedding", 10, 4, new RowInit.Zero(), false)], 5, 20, 4, null, "d", null, [], 1, [new(0, "s", "h:1")]);

    [Fact]
    public void The_coordinators_job_is_taken() => Assert.Equal(JobFingerprint.Of(s_job), JobFingerprint.Of(DescribedRun.Of(s_run).Job));

    [Fact]
    public void Another_fingerprint_is_refused_with_both_values()
    {
        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => DescribedRun.Of(s_run with { JobFingerprint = "f00d" })).Errors);
        Assert.Equal("run-1", error.Where);
        Assert.Equal($"the fingerprint of the job is {s_run.JobFingerprint} here and f00d at the coordinator.", error.What);
        Assert.Equal("Install the same release on both.", error.Fix);
    }

    [Fact]
    public void A_description_that_makes_no_sense_is_refused()
    {
        string What(RunDescription run) => Assert.Single(Assert.Throws<InvalidInputException>(() => DescribedRun.Of(run)).Errors).What;
        Assert.Contains("shards", What(s_run with { Shards = [] }), StringComparison.Ordinal);
        Assert.Contains("no group other", What(s_run with { Tables = [s_run.Tables[0] with { Group = "other" }] }), StringComparison.Ordinal);
        Assert.Contains("cannot be read", What(s_run with { JobJson = """{"name":"a","data":{}}""" }), StringComparison.Ordinal);
    }
}
