"""`nino.torch.NiNo` as an optimizer of PyTorch."""

import copy
import json
import warnings

import nino
import nino.torch
import pytest
import torch
from models import CNN, CNN_NORM, Convolutional, batches, equal, loss_of, train, weights
from nino._program import run

PERIOD, STEPS = 20, 120


def wrapped(model, base=None, **options):
    options = {"period": PERIOD, "max_train_steps": STEPS, "config": CNN} | options
    base = base or torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3)
    return nino.torch.NiNo(base, model, **options)


def fresh(config=CNN, seed=0, **options):
    torch.manual_seed(seed)
    return Convolutional(config, **options)


def test_a_search_trains():
    model, data = fresh(), batches(40)
    before = sum(loss_of(model, batch).item() for batch in data)
    optimizer = wrapped(model)
    losses, events = train(model, optimizer, data, STEPS)
    after = sum(loss_of(model, batch).item() for batch in data)
    assert optimizer._run.policy == "search" and after < 0.8 * before
    assert len(losses) + len(events) == STEPS == optimizer.completed_steps
    assert len(events) > STEPS // PERIOD and {event.kind for event in events} <= {"nowcast", "looked"}


def test_without_a_closure_the_nowcast_is_near():
    model = fresh()
    optimizer = wrapped(model)
    _, events = train(model, optimizer, batches(40), STEPS, closure=False)
    assert optimizer._run.policy == "near"
    assert [event.horizon for event in events] == [1] * (STEPS // PERIOD)


def test_the_schedule_is_asked_for_by_name():
    model = fresh()
    optimizer = wrapped(model, policy="schedule")
    _, events = train(model, optimizer, batches(40), STEPS, closure=False)
    horizons = [event.horizon for event in events]
    assert len(horizons) == STEPS // PERIOD and horizons[0] == 40 and horizons[-1] == 1
    assert horizons == sorted(horizons, reverse=True)


def test_a_search_without_a_closure_says_so():
    model = fresh()
    optimizer = wrapped(model, policy="search")
    data = batches(4)
    while optimizer.need_grads:
        loss_of(model, data[0]).backward()
        optimizer.step()
    before = weights(model)
    with pytest.raises(nino.NinoError, match="closure"):
        optimizer.step()
    assert equal(before, weights(model)) and not optimizer.need_grads


def test_the_paper_schedule_is_that_of_nino_step(tmp_path):
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="schedule", ckpt=None)
    files = []
    for step in range(PERIOD):
        if (step + 1) % (PERIOD // 5) == 0:
            files.append(str(tmp_path / f"{step}.pt"))
            torch.save(model.state_dict(), files[-1])
        train(model, optimizer, data, step + 1, start=step, closure=False)
    assert optimizer.last_event.horizon == 40 and len(files) == 5
    config, out = tmp_path / "config.json", tmp_path / "out.safetensors"
    config.write_text(json.dumps(CNN))
    run(["step", "--config", str(config), "--history", *files, "--k", "40", "--out", str(out), "--quiet"])
    from test_nowcast import _safetensors

    expected = _safetensors(str(out))
    assert expected.keys() == model.state_dict().keys()
    worst = max(abs(model.state_dict()[name].numpy() - expected[name]).max() for name in expected)
    assert worst <= 1e-6, worst


def test_a_jump_can_be_taken_back():
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="schedule")
    train(model, optimizer, data, PERIOD - 1, closure=False)
    with pytest.raises(nino.NinoError, match="undo"):
        optimizer.undo()
    before = weights(model)
    optimizer.step()
    assert not equal(before, weights(model))
    optimizer.undo()
    assert equal(before, weights(model))
    with pytest.raises(nino.NinoError, match="undo"):
        optimizer.undo()
    _, events = train(model, optimizer, data, STEPS, start=PERIOD, closure=False)
    assert len(events) == STEPS // PERIOD - 1


@pytest.mark.parametrize("policy", ["search", "schedule", "near"])
@pytest.mark.parametrize("stop", [3, 19, 33, 57])
def test_a_resumed_run_is_the_same_bit_for_bit(policy, stop, tmp_path):
    data = batches(40)
    whole = fresh()
    optimizer = wrapped(whole, policy=policy)
    train(whole, optimizer, data, STEPS)
    first = fresh()
    before = wrapped(first, policy=policy)
    train(first, before, data, stop)
    torch.save({"model": first.state_dict(), "optimizer": before.state_dict()}, tmp_path / "c.pt")
    saved = torch.load(tmp_path / "c.pt", weights_only=True)
    second = fresh(seed=1)
    after = wrapped(second, policy=policy)
    second.load_state_dict(saved["model"])
    after.load_state_dict(saved["optimizer"])
    assert after.completed_steps == stop
    train(second, after, data, STEPS, start=stop)
    assert equal(weights(whole), weights(second))


def test_a_state_of_something_else_changes_nothing():
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="search")
    train(model, optimizer, data, 30)
    state = copy.deepcopy(optimizer.state_dict())
    other = wrapped(fresh(), policy="search", period=40)
    for wrong in (torch.optim.AdamW(model.parameters()).state_dict(), {"base": {}, "nino": None}):
        with pytest.raises(nino.NinoError, match="state_dict"):
            other.load_state_dict(wrong)
    with pytest.raises(nino.NinoError, match="period"):
        other.load_state_dict(state)
    cut = copy.deepcopy(state)
    cut["nino"]["state"]["library"] = cut["nino"]["state"]["library"][:-5]
    with pytest.raises(nino.NinoError, match="saved optimizer state"):
        wrapped(fresh(), policy="search").load_state_dict(cut)
    assert other.completed_steps == 0


def test_a_state_is_recorded_before_its_update():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    optimizer = nino.torch.NiNo(
        torch.optim.SGD(model.parameters(), lr=1.0),
        model,
        period=5,
        max_train_steps=5,
        ckpt="linefit",
        policy="schedule",
        horizon=1,
    )
    for _ in range(4):
        model.weight.grad = torch.full((1, 1), -1.0)
        optimizer.step()
    optimizer.step()
    # States 0, 1, 2, 3, 4: the line goes on to 5, and not to 6.
    assert model.weight.item() == pytest.approx(5)


def test_parameter_groups_and_schedulers_act_on_the_base():
    model, data = fresh(), batches(40)
    base = torch.optim.AdamW(
        [{"params": model.fc[0].parameters(), "lr": 1e-3}, {"params": model.fc[6].parameters(), "lr": 2e-3}]
    )
    optimizer = wrapped(model, base, policy="search")
    schedule = torch.optim.lr_scheduler.LambdaLR(base, lambda step: 0.9**step)
    assert optimizer.param_groups is base.param_groups and optimizer.state is base.state
    untouched = model.fc[2].weight.detach().clone()
    for step in range(50):
        train(model, optimizer, data, step + 1, start=step)
        schedule.step()
    assert optimizer.param_groups[1]["lr"] == pytest.approx(2e-3 * 0.9**50)
    # The layer that is in no group is left alone, by nowcasts too.
    assert torch.equal(untouched, model.fc[2].weight)


def test_a_scheduler_takes_the_wrapper_too():
    model, data = fresh(), batches(4)
    optimizer = wrapped(model)
    assert isinstance(optimizer, torch.optim.Optimizer)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, gamma=0.5)
    for step in range(20):
        train(model, optimizer, data, step + 1, start=step)
        schedule.step()
    assert optimizer.base.param_groups[0]["lr"] == pytest.approx(3e-3 / 4)


def test_a_lambda_schedule_acts_on_the_base():
    model, data = fresh(), batches(40)
    base = torch.optim.AdamW(model.parameters(), lr=3e-3)
    optimizer = wrapped(model, base, policy="search")
    schedule = torch.optim.lr_scheduler.LambdaLR(base, lambda step: 1 / (1 + step))
    for step in range(25):
        train(model, optimizer, data, step + 1, start=step)
        schedule.step()
        assert optimizer.param_groups[0]["lr"] == pytest.approx(3e-3 / (2 + step))
    assert optimizer.last_event is not None


def test_frozen_parameters_are_left_alone():
    model, data = fresh(), batches(40)
    model.fc[0].requires_grad_(False)
    frozen = weights(model.fc[0])
    optimizer = wrapped(model, policy="schedule")
    _, events = train(model, optimizer, data, STEPS, closure=False)
    assert [event.kind for event in events] == ["nowcast"] * (STEPS // PERIOD)
    assert equal(frozen, weights(model.fc[0]))


def test_a_filter_chooses_parameters():
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="schedule", parameters=lambda name, tensor: "weight" in name)
    train(model, optimizer, data, PERIOD - 1, closure=False)
    before = weights(model)
    optimizer.step()
    after = weights(model)
    assert all(torch.equal(before[name], after[name]) == ("bias" in name) for name in before)
    with pytest.raises(nino.NinoError, match="nowhere"):
        wrapped(fresh(), parameters=["nowhere"])
    with pytest.raises(nino.NinoError, match="at least one"):
        wrapped(fresh(), parameters=[])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_types_of_weights(dtype):
    model, data = fresh().to(dtype), batches(40)
    optimizer = wrapped(model, torch.optim.SGD(model.parameters(), lr=0.05), policy="search")
    losses, events = train(model, optimizer, data, 60)
    assert all(parameter.dtype == dtype for parameter in model.parameters())
    assert len(events) >= 2 and losses[-1] == losses[-1]


def test_a_look_leaves_double_precision_as_it_was():
    model, data = fresh().double(), batches(4)
    optimizer = wrapped(model, policy="search", horizon=1)
    while optimizer.need_grads:
        optimizer.zero_grad()
        loss_of(model, data[0]).backward()
        optimizer.step()
    before = weights(model)
    optimizer.step(lambda: loss_of(model, data[0]))
    assert optimizer.last_event.kind == "looked" and equal(before, weights(model))


def moved(dtype, steps, stop=0, look=(), **options):
    """A weight that moves by 1 a step, wrapped with states that are means; saved and taken up after `stop` steps."""

    def start():
        model = torch.nn.Linear(1, 1, bias=False).to(dtype)
        torch.nn.init.zeros_(model.weight)
        options_ = {"period": 30, "max_train_steps": 90, "ckpt": "linefit", "states": "mean", "policy": "search"}
        return model, nino.torch.NiNo(torch.optim.SGD(model.parameters(), lr=1.0), model, **options_ | options)

    model, optimizer = start()
    trail = []
    for step in range(steps):
        if step == stop and stop:
            saved = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
            model, optimizer = start()
            model.load_state_dict(saved[0])
            optimizer.load_state_dict(saved[1])
            assert optimizer.completed_steps == stop
        model.weight.grad = torch.full_like(model.weight, -1.0)
        optimizer.step(lambda: (100 - model.weight).square().sum())
        if step in look:
            before = model.weight.item()
            optimizer.evaluation_weights(lambda: (100 - model.weight).square().sum())
            assert model.weight.item() == before
        trail.append((model.weight.item(), optimizer.need_grads, optimizer.completed_steps))
    return trail, optimizer


def test_a_mean_is_formed_where_the_weights_lie():
    # Double precision goes through copies, as weights on another device do.
    expected, library = moved(torch.float32, 80)
    found, pending = moved(torch.float64, 80)
    assert library._run._pending is None and pending._run._pending is not None
    assert [step[1:] for step in found] == [step[1:] for step in expected]
    assert [step[0] for step in found] == pytest.approx([step[0] for step in expected], rel=1e-5)
    assert found[-1][0] > 80, "expected a jump"
    assert moved(torch.float64, 80, history_device="cpu")[0] == found
    for stop in (4, 6, 28, 29, 47):
        assert moved(torch.float64, 80, stop=stop)[0] == found
    assert moved(torch.float64, 80, look=(3, 31, 46, 47))[0] == found
    with pytest.raises(nino.NinoError, match="elsewhere"):
        moved(torch.float32, 1)[1].load_state_dict(moved(torch.float64, 28)[1].state_dict())


def test_batch_norm_dropout_and_gradients_are_as_before_a_look():
    torch.manual_seed(0)
    model, data = Convolutional(CNN_NORM, dropout=0.3), batches(8)
    optimizer = wrapped(model, config=CNN_NORM, policy="search", horizon=1)
    train(model, optimizer, data, 3)
    while optimizer.need_grads:
        loss_of(model, data[0]).backward()
        optimizer.step()
    loss_of(model, data[0]).backward()
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    generator = torch.get_rng_state()
    seen = []

    def closure():
        seen.append(torch.rand(1).item())
        return loss_of(model, data[0])

    optimizer.step(closure)
    assert len(seen) >= 4 and len(set(seen)) == 1
    assert model.training and torch.equal(generator, torch.get_rng_state())
    assert all(torch.equal(buffers[name], buffer) for name, buffer in model.named_buffers())
    assert all(torch.equal(a, b.grad) for a, b in zip(gradients, model.parameters(), strict=True))


def test_a_closure_with_a_backward_pass_works():
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="search")
    for step in range(60):

        def closure(batch=data[step % 40]):
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()
            return loss

        if optimizer.need_grads:
            closure()
        optimizer.step(closure)
    assert optimizer.last_event is not None and optimizer.completed_steps == 60


def test_what_a_closure_raises_goes_through():
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="search")
    while optimizer.need_grads:
        loss_of(model, data[0]).backward()
        optimizer.step()
    before, calls = weights(model), []

    def failing():
        calls.append(1)
        if len(calls) == 3:
            raise ZeroDivisionError("third")
        return loss_of(model, data[0])

    with pytest.raises(ZeroDivisionError, match="third"):
        optimizer.step(failing)
    assert equal(before, weights(model)) and not optimizer.need_grads
    optimizer.step(lambda: loss_of(model, data[0]))
    assert optimizer.need_grads


def test_a_compiled_model_is_known():
    model, data = fresh(), batches(40)
    compiled = torch.compile(model, backend="aot_eager")
    optimizer = wrapped(compiled, torch.optim.AdamW(compiled.parameters(), lr=3e-3), policy="schedule")
    plain = fresh()
    reference = wrapped(plain, policy="schedule")
    losses, events = train(compiled, optimizer, data, 45, closure=False)
    expected, _ = train(plain, reference, data, 45, closure=False)
    assert len(events) == 2 and losses == pytest.approx(expected, rel=1e-4)


def scaled(**options):
    """Trains as the documentation says of gradient scaling."""
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, **options)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    events = 0
    for step in range(60):
        batch = data[step % 40]
        if optimizer.need_grads:
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = loss_of(model, batch)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step(lambda batch=batch: loss_of(model, batch))
            events += 1
    assert events >= 2 and optimizer.completed_steps == 60
    return optimizer


def test_a_gradient_scaler_works():
    assert scaled(policy="search")._run.policy == "search"


def test_a_closure_that_comes_too_late_is_warned_of():
    with pytest.warns(UserWarning, match="the closure judges nothing: .*policy='search'"):
        assert scaled()._run.policy == "near"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert scaled(policy="near")._run.policy == "near"


def linear(start=1.0, **options):
    """A single weight, whose states a line goes through."""
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(model.weight, start)
    base = torch.optim.SGD(model.parameters(), lr=0.1, fused=options.pop("fused", False))
    return model, nino.torch.NiNo(base, model, **{"ckpt": "linefit", "period": 20, "max_train_steps": 100} | options)


def test_a_gradient_scaler_unscales_for_a_fused_optimizer():
    model, optimizer = linear(fused=True)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    scaler.scale(model(torch.ones(1, 1)).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert model.weight.item() == pytest.approx(0.9)
    optimizer.zero_grad()
    scaler.scale(model(torch.full((1, 1), float("inf"))).sum()).backward()
    scaler.step(optimizer)
    assert model.weight.item() == pytest.approx(0.9)


def test_hooks_see_the_steps_of_the_base():
    model, optimizer = linear(policy="near", period=5)
    calls = []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("behind"))
    for _ in range(5):
        model.weight.grad = torch.ones_like(model.weight)
        optimizer.step()
    assert calls == ["before", "behind"] * 4 and optimizer.last_event.kind == "nowcast"


def test_a_loss_that_is_not_finite_is_named():
    model, optimizer = linear(policy="search")
    while optimizer.need_grads:
        model.weight.grad = torch.ones_like(model.weight)
        optimizer.step()
    with pytest.warns(UserWarning, match="step 10: the loss was not finite: nothing was nowcast"):
        optimizer.step(lambda: float("nan"))
    assert optimizer.last_event.kind == "refused" and optimizer.last_event.parameter is None


def test_evaluation_weights_are_the_best_of_the_batch():
    model, data = fresh(), batches(40)
    optimizer = wrapped(model, policy="search")
    train(model, optimizer, data, 100)
    before = weights(model)
    found = optimizer.evaluation_weights(lambda: loss_of(model, data[0]))
    assert equal(before, weights(model)) and found.keys() == before.keys()
    own = loss_of(model, data[0]).item()
    other = fresh()
    other.load_state_dict(found)
    assert loss_of(other, data[0]).item() <= own + 1e-6


def test_the_keywords_of_the_release_are_accepted():
    model = fresh()
    optimizer = nino.torch.NiNo(
        base_opt=torch.optim.AdamW(model.parameters()),
        ckpt="nino",
        model=model,
        period=PERIOD,
        max_train_steps=STEPS,
        subgraph=False,
        edge_sample_ratio=0,
        config=CNN,
    )
    assert optimizer.memory > 5 * 4 * sum(p.numel() for p in model.parameters())
    assert "AdamW" in repr(optimizer)


def after_a_nowcast(model, **options):
    """Weights behind the first nowcast of the schedule, of a model whose weights drift."""
    optimizer = nino.torch.NiNo(
        torch.optim.SGD(model.parameters(), lr=0.01),
        model,
        period=5,
        max_train_steps=5,
        policy="schedule",
        horizon=5,
        **options,
    )
    generator = torch.Generator().manual_seed(0)
    drift = [torch.randn(tensor.shape, generator=generator) for tensor in model.parameters()]
    while optimizer.need_grads:
        for tensor, gradient in zip(model.parameters(), drift, strict=True):
            tensor.grad = gradient.clone()
        optimizer.step()
    optimizer.step()
    return weights(model)


def test_messages_may_pass_along_a_share_of_the_edges():
    whole = after_a_nowcast(fresh(), config=CNN)
    assert equal(whole, after_a_nowcast(fresh(), config=CNN, edge_sample_ratio=1.0))
    half = after_a_nowcast(fresh(), config=CNN, edge_sample_ratio=0.5, seed=1)
    assert not equal(whole, half)
    assert equal(half, after_a_nowcast(fresh(), config=CNN, edge_sample_ratio=0.5, seed=1))


def test_layers_may_be_nowcast_by_themselves():
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(vocab_size=32, n_positions=16, n_embd=16, n_layer=2, n_head=2)

    def gpt2():
        torch.manual_seed(0)
        return transformers.GPT2LMHeadModel(config)

    whole, layers = after_a_nowcast(gpt2()), after_a_nowcast(gpt2(), subgraph=True)
    assert not equal(whole, layers)
    assert all(torch.isfinite(tensor).all() for tensor in layers.values())


def test_a_vision_transformer_is_known_by_its_names_in_memory():
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    config = transformers.ViTConfig(image_size=8, patch_size=4, num_labels=3, **sizes)
    torch.manual_seed(0)
    model = transformers.ViTForImageClassification(config)
    names = [name for name, _ in model.named_parameters()]
    after = after_a_nowcast(model)
    assert list(after) == names and all(torch.isfinite(tensor).all() for tensor in after.values())
    # In files the names are others; the nowcast is the same.
    states = [{n: t.detach() + step for n, t in model.named_parameters()} for step in range(5)]
    in_files = [{_name_in_files(n): t for n, t in state.items()} for state in states]
    assert in_files[0].keys() != states[0].keys()
    found, expected = (nino.nowcast(given, model, 3) for given in (states, in_files))
    assert list(found) == names and all(torch.equal(found[n], expected[_name_in_files(n)]) for n in names)


def _name_in_files(name):
    name = name.replace("vit.layers.", "vit.encoder.layer.").replace("attention.o_proj", "attention.output.dense")
    for part, longer in [("q", "query"), ("k", "key"), ("v", "value")]:
        name = name.replace(f"attention.{part}_proj", f"attention.attention.{longer}")
    return name.replace("mlp.fc1", "intermediate.dense").replace("mlp.fc2", "output.dense")


def test_a_traced_program_may_be_the_config():
    from nino.tracing import export

    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3))
    program = export(model, (torch.randn(2, 4),))
    by_program = after_a_nowcast(copy.deepcopy(model), config=program)
    assert equal(by_program, after_a_nowcast(copy.deepcopy(model), example=torch.randn(2, 4)))


def test_flattened_parameters_are_refused():
    flat = type("FullyShardedDataParallel", (torch.nn.Sequential,), {})(fresh())
    with pytest.raises(nino.NinoError, match="fully_shard"):
        wrapped(flat)


def test_settings_out_of_range_are_refused():
    for options, message in [
        ({"period": 4}, "period: expected at least 5"),
        ({"max_train_steps": 0}, "max"),
        ({"horizon": -1}, "horizon"),
        ({"policy": "hope"}, "policy: expected schedule, search, near, found hope"),
        ({"history_device": "meta"}, "history_device: expected a device that holds numbers"),
        ({"history_device": "nowhere"}, "history_device"),
        ({"edge_sample_ratio": 2.0}, "edge_sample_ratio|edge-sample-ratio"),
        ({"ckpt": "/nowhere/nino.pt"}, "/nowhere/nino.pt"),
        ({"config": None}, "example"),
    ]:
        with pytest.raises(nino.NinoError, match=message):
            wrapped(fresh(), **options)
