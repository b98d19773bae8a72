namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The folder whose assemblies a node of a cluster may load as models (<c>--models</c>). A job comes over the network: without such a folder it could have any assembly of a machine
/// loaded, so none is.
/// </summary>
public static class ModelFolder
{
    /// <summary>Where a node finds a job's assembly: in its folder, under the name of the file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder; null: the node has none.</param>
    /// <exception cref="InvalidInputException">It has none.</exception>
    public static string PathOf(CustomModelSpec model, string? folder) => Path.Combine(
        folder ?? throw new InvalidInputException(
            "model.assembly", $"the job brings a model of its own, {Path.GetFileName(model.Assembly)}, and this node loads none.", "Start it with --models DIR, a folder with the assemblies that it may load."),
        Path.GetFileName(model.Assembly));

    /// <summary>Refuses a job that would have a coordinator load an assembly from elsewhere.</summary>
    /// <param name="job">The job.</param>
    /// <param name="folder">The folder; null: the coordinator has none.</param>
    /// <exception cref="InvalidInputException">It would.</exception>
    public static void Require(JobFile job, string? folder)
    {
        foreach (JobSpec spec in job.Stages.Select(stage => stage.Spec))
        {
            if (spec.Model is not CustomModelSpec model)
                continue;
            string allowed = Path.GetFullPath(PathOf(model, folder)), named = spec.Data.PathOf(model.Assembly);
            if (allowed != named)
                throw new InvalidInputException("model.assembly", $"is {named}, and this coordinator loads models from {Path.GetFullPath(folder!)} alone.", $"Put it there, and set model.assembly to {allowed}.");
        }
    }
}
