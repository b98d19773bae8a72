using System.Reflection;
using System.Runtime.ExceptionServices;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models.Contract;

namespace DistEmbed.Worker.Models.Custom;

/// <summary>Makes the model of a <see cref="CustomModelSpec"/>: finds its class, reads its settings, calls its constructor, and compares its tables with the job.</summary>
internal static class CustomModel
{
    private const string Settings = "model.settings";

    /// <summary>Creates the model.</summary>
    /// <param name="spec">The specification.</param>
    /// <param name="shape">What it has to know of the data; its <see cref="ModelShape.ModelPath"/> is where the assembly lies.</param>
    /// <exception cref="InvalidInputException">The assembly, the class, its settings or its tables cannot be used.</exception>
    public static IEmbeddingModel Create(CustomModelSpec spec, ModelShape shape)
    {
        (ConstructorInfo constructor, object? settings) = Find(spec, shape.ModelPath ?? throw new ArgumentException("a model of the user's own needs the path of its assembly", nameof(shape)));
        IEmbeddingModel model = Construct(spec, constructor, settings is null ? [shape] : [settings, shape]);
        try
        {
            Check(spec, model.Tables, shape);
            return new ZeroedGradients(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Finds the class and reads its settings, and makes no instance.</summary>
    /// <exception cref="InvalidInputException">The assembly, the class or its settings cannot be used.</exception>
    public static void Check(CustomModelSpec spec, string path) => Find(spec, path);

    private static (ConstructorInfo Constructor, object? Settings) Find(CustomModelSpec spec, string path)
    {
        ConstructorInfo constructor = CustomModelType.Find(spec, path).Constructor;
        if (constructor.GetParameters() is [{ ParameterType: { } type }, _])
            return (constructor, Read(spec, type));
        return spec.Settings.IsEmpty ? (constructor, null) : throw new InvalidInputException(
            Settings, $"are given, but {spec.Type} takes none.", "Leave them out, or give its constructor a class for them: (MySettings settings, ModelShape shape).");
    }

    private static object Read(CustomModelSpec spec, Type type)
    {
        try
        {
            return spec.Settings.Read(type, Settings);
        }
        catch (Exception unfit) when (unfit is NotSupportedException or MissingMethodException)
        {
            throw new InvalidInputException(
                new InputError(Settings, $"cannot be read as {type.FullName}: {CustomModelType.OneLine(unfit.Message)}", "Use a public record with properties { get; init; } that are text, numbers, true or false, enums, lists (IReadOnlyList) or such records."), unfit);
        }
    }

    private static IEmbeddingModel Construct(CustomModelSpec spec, ConstructorInfo constructor, object?[] arguments)
    {
        try
        {
            return (IEmbeddingModel)constructor.Invoke(arguments);
        }
        catch (TargetInvocationException thrown)
        {
            // Its own words, where it has any for the user.
            if (thrown.InnerException is InvalidInputException own)
                ExceptionDispatchInfo.Throw(own);
            Exception cause = thrown.InnerException!;
            throw new InvalidInputException(
                new InputError("model", $"the constructor of {spec.Type} throws {cause.GetType().Name}: {CustomModelType.OneLine(cause.Message)}", "Change model.settings, or the class."), cause);
        }
    }

    private static void Check(CustomModelSpec spec, IReadOnlyList<TableSpec> tables, ModelShape shape)
    {
        List<InputError> errors = [.. TableRules.Errors(tables).Select(what => new InputError("model.type", $"the tables of {spec.Type} break a rule: {what}.", "Change its property Tables."))];
        if (errors.Count == 0)
        {
            TableSpec embedding = tables.First(table => table.Name == "embedding");
            if ((embedding.Rows, embedding.Dimension) != (shape.Vocabulary.Rows, shape.Dimension))
                errors.Add(new InputError("model.type", $"the table embedding of {spec.Type} has {embedding.Rows} rows of {embedding.Dimension} numbers, and the data's words need {shape.Vocabulary.Rows} of {shape.Dimension}.", "Take them from the shape: Vocabulary.Rows and Dimension."));
            string[] groups = [.. tables.Where(table => !table.AlwaysFrozen).Select(table => table.Group).Distinct()];
            if (!groups.Order(StringComparer.Ordinal).SequenceEqual(spec.TableGroups.Order(StringComparer.Ordinal)))
                errors.Add(new InputError("model.groups", $"are {string.Join(", ", spec.TableGroups)}, and the tables of {spec.Type} are of the groups {string.Join(", ", groups)}.", "Name those, embedding first."));
        }

        if (errors.Count > 0)
            throw new InvalidInputException(errors);
    }
}
