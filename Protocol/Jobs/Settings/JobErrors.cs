namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>A stage's tree before it is bound.</summary>
/// <param name="Name">The stage's name; null for a job without stages.</param>
/// <param name="Path">Path of the stage in the file; empty without stages.</param>
/// <param name="Tree">Its settings, merged.</param>
internal sealed record StageSource(string? Name, string Path, SettingObject Tree);

/// <summary>
/// Collects the errors of a job file. What the top level does wrong shows up in every stage that inherits it: it is told once, and with the stages' names where
/// only some of them object.
/// </summary>
internal sealed class JobErrors
{
    private readonly List<(SettingError Error, StageSource? Stage)> _errors = [];

    /// <summary>Notes an error of the file as a whole.</summary>
    public void Add(SettingError error) => _errors.Add((error, null));

    /// <summary>Notes an error of a stage.</summary>
    public void Add(SettingError error, StageSource stage) => _errors.Add((error, stage));

    /// <summary>Throws <see cref="InvalidInputException"/> with every error, in the order of the file, then of the flags.</summary>
    /// <param name="stageCount">How many stages there are.</param>
    public void ThrowIfAny(int stageCount)
    {
        InputError[] errors = [.. _errors
            .GroupBy(item => item.Error, item => item.Stage)
            .OrderBy(group => group.Key.Origin.IsFlag)
            .ThenBy(group => group.Key.Origin.Line)
            .SelectMany(group => Words(group.Key, [.. group.OfType<StageSource>()], stageCount))
            .Distinct()];
        if (errors.Length > 0)
            throw new InvalidInputException(errors);
    }

    private static IEnumerable<InputError> Words(SettingError error, StageSource[] stages, int stageCount)
    {
        bool all = stages.Length == stageCount;
        if (error.Path is null)
        {
            bool inherited = stages.Any(stage => !error.Origin.Path.StartsWith(stage.Path + ".", StringComparison.Ordinal));
            string suffix = inherited && !all ? $" (stage {string.Join(", ", stages.Select(stage => stage.Name))})" : "";
            return [new InputError(error.Origin.At(error.Origin.Path) + suffix, error.What, error.Fix)];
        }
        if (stages.Length == 0 || (all && stages.Length > 1))
            return [new InputError(error.Origin.At(error.Path), error.What, error.Fix)];
        return stages.Select(stage => new InputError(
            error.Origin.At(stage.Path.Length == 0 ? error.Path : SettingPath.Join(stage.Path, error.Path)), error.What, error.Fix));
    }
}
