using System.Text;
using System.Text.Json;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Serialization;
using DistEmbed.Testing.Fuzzing;

namespace DistEmbed.Protocol.Tests.Jobs;

/// <summary>Jobs as strangers submit them, and runs as another program would describe them to a node.</summary>
public sealed class JobFuzzTests
{
    [Fact]
    public void Mutated_jobs_are_refused_with_their_errors_and_cost_little()
    {
        byte[][] good = [Encoding.UTF8.GetBytes(JobTexts.Cnn), Encoding.UTF8.GetBytes(JobTexts.Staged)];
        FuzzCount count = Fuzz.Run<InvalidInputException>(good, bytes => JobFile.Parse(Encoding.UTF8.GetString(bytes), "the job"), bytesEach: 4096, free: 1 << 20);
        count.ExpectShares(taken: 0.001);
    }

    [Fact]
    public void Mutated_descriptions_of_a_run_are_refused_and_cost_little()
    {
        JobSpec job = JobTexts.CnnWith();
        TableSpec[] tables = [.. job.Model.Groups.Select(group => new TableSpec(group, group, 10, 4, new RowInit.Zero(), false))];
        var run = new RunDescription("r", JsonSerializer.Serialize(job, JobJson.Options), JobFingerprint.Of(job), tables, 5, 20, 4, null, "d", null, [new PlanChange(3, job.Model.Groups[0], true, null, "ann", default)], 1, [new(0, "s", "h:1")]);
        // Most of it is the job, of which no other has the fingerprint: what stands beside it is to be mutated as often.
        var beside = run with { JobJson = "", JobFingerprint = "" };
        FuzzCount count = Fuzz.Run<InvalidInputException>([Bytes(run), Bytes(beside)], bytes =>
        {
            HostWorker host;
            try
            {
                host = (HostWorker)MessageCodec.Read("n-worker", bytes);
            }
            catch (MalformedMessageException malformed)
            {
                throw new InvalidInputException("bytes", malformed.Message, "");
            }

            DescribedRun.Of(host.Run.JobJson.Length > 0 ? host.Run : host.Run with { JobJson = run.JobJson, JobFingerprint = run.JobFingerprint });
        }, bytesEach: 1024, free: 1 << 20);
        count.ExpectShares(taken: 0.01);
    }

    private static byte[] Bytes(RunDescription run) => MessageCodec.Write(new HostWorker(run, "w"));
}
