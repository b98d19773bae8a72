namespace DistEmbed.Worker.Training;

/// <summary>Something the pipeline wants done.</summary>
public abstract record PipelineEffect
{
    /// <summary>Have the model prepare the task, on any thread, then call <see cref="SlicePipeline.OnPrepared"/>.</summary>
    public sealed record Prepare(SliceTask Task) : PipelineEffect;

    /// <summary>Have the model compute the task on the compute thread, then call OnTrained or OnEvaluated.</summary>
    public sealed record Compute(SliceTask Task) : PipelineEffect;

    /// <summary>Send a message to a shard.</summary>
    public sealed record ToShard(int Shard, object Message) : PipelineEffect;

    /// <summary>Send a message to the coordinator.</summary>
    public sealed record ToCoordinator(object Message) : PipelineEffect;
}
